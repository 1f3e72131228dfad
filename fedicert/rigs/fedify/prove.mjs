// Checks proofs of posts, and of what tells them, with Fedify's own `verifyObject`: JSON in ({ documents, posts }), a JSON list of verdicts out.
// Nothing is fetched: actors and contexts are those given, and the contexts that Fedify brings along.

import { verifyObject } from "@fedify/fedify";
import { Create, Note } from "@fedify/vocab";
import { getDocumentLoader } from "@fedify/vocab-runtime";

let text = "";
for await (const chunk of process.stdin) text += chunk;
const { documents, posts } = JSON.parse(text);

const preloaded = getDocumentLoader();
const known = async (url) => {
  const address = url.split("#")[0];
  if (address in documents) return { contextUrl: null, documentUrl: address, document: documents[address] };
  if (url.startsWith("https://www.w3.org/") || url.startsWith("https://w3id.org/")) return await preloaded(url);
  throw new Error(`nothing is known of ${url}`);
};

const verdicts = [];
for (const post of posts) {
  try {
    const found = await verifyObject(post.type === "Create" ? Create : Note, post, { documentLoader: known, contextLoader: known });
    verdicts.push(found !== null);
  } catch (error) {
    verdicts.push(false);
    process.stderr.write(`${error}\n`);
  }
}
process.stdout.write(JSON.stringify(verdicts));
