// Verifies credentials with libraries that aren't ours. In: one JSON object on standard input,
//   {documents: {URL: document}, cases: [{credential, now}]}.
// Out: one JSON array, for each case {verified, status, error}; `status` is the bit of its status list, null where
// it wasn't asked. Documents that aren't given don't exist: nothing is fetched.
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {createVerifyCryptosuite as jcs} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import {cryptosuite as rdfc} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {defaultDocumentLoader, verifyCredential} from '@digitalbazaar/vc';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';

const MULTIKEY = 'https://w3id.org/security/multikey/v1';

let text = '';
for await (const part of process.stdin) {
  text += part;
}
const {documents, cases} = JSON.parse(text);

async function documentLoader(url) {
  const [base, fragment] = url.split('#');
  const whole = documents[url] ?? documents[base];
  if (whole === undefined) {
    return defaultDocumentLoader(url);
  }
  if (fragment === undefined || documents[url] !== undefined) {
    return {contextUrl: null, documentUrl: url, document: whole};
  }
  const method = (whole.verificationMethod ?? []).find(({id}) => id === url);
  if (method === undefined) {
    throw new Error(`${base} lists no ${fragment}`);
  }
  return {contextUrl: null, documentUrl: url, document: {'@context': MULTIKEY, ...method}};
}

// One suite each: a proof of another cryptosuite is matched by its name.
const suite = [rdfc, jcs()].map(cryptosuite => new DataIntegrityProof({cryptosuite}));

const results = [];
for (const {credential, now} of cases) {
  let status = null;
  const result = await verifyCredential({
    credential,
    suite,
    documentLoader,
    now,
    // `verified` of the library's own answer is true for a revoked credential: the bit stands apart.
    checkStatus: async options => {
      const answer = await checkStatus(options);
      status = answer.results?.[0]?.status ?? null;
      return answer;
    },
  });
  const errors = [result.error, ...(result.error?.errors ?? []), result.statusResult?.error].filter(Boolean);
  results.push({
    verified: result.verified,
    status,
    error: errors.map(error => `${error.name}: ${error.message}`).join('; '),
  });
}
process.stdout.write(JSON.stringify(results));
