// An independent ActivityPub server for the demo and the tests: Fedify, told what to do by a control API.
//
// Environment: PEER_PORT (required), PEER_HOST (localhost), PEER_FIRST_KNOCK (rfc9421 | draft-cavage-http-signatures-12),
// PEER_QUEUE (1: deliveries are queued and tried again; else each is tried once and the control API says what came of it).
// Federation answers on PEER_PORT; the control API answers on a port of its own, on 127.0.0.1, which the first line
// printed names. Both listen on loopback alone. Everything is in memory and gone when the process ends.

import { createServer } from "node:http";
import { Deeds } from "./deeds.mjs";
import { makeFederation, wire } from "./federation.mjs";
import { log, Refusal, State } from "./state.mjs";

const port = Number(process.env.PEER_PORT);
const host = process.env.PEER_HOST ?? "localhost";
const settings = {
  base: `http://${host}:${port}`,
  firstKnock: process.env.PEER_FIRST_KNOCK ?? "rfc9421",
  queue: process.env.PEER_QUEUE === "1",
};
const BODY_LIMIT = 1 << 20;

const state = new State(settings.base);
const deeds = new Deeds(state, settings);
const federation = makeFederation(state, deeds, settings);
deeds.federation = federation;

async function bodyOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Refusal(413, "the body is larger than 1 MiB");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function specOf(headers) {
  if (headers["signature-input"] !== undefined) return "rfc9421";
  return headers.signature === undefined ? null : "cavage";
}

/** Which inbox a path is: a name, "shared", or null. */
function inboxOf(path) {
  if (path === "/inbox") return "shared";
  return /^\/actors\/([^/]+)\/inbox$/.exec(path)?.[1] ?? null;
}

function glimpse(body) {
  try {
    const activity = JSON.parse(body);
    const idOf = (thing) => (typeof thing === "string" ? thing : (thing?.id ?? null));
    return { type: activity.type, id: activity.id ?? null, actor: idOf(activity.actor), object: idOf(activity.object) };
  } catch {
    return { type: null, id: null, actor: null, object: null };
  }
}

async function federate(request, response) {
  const body = await bodyOf(request);
  const url = new URL(request.url, settings.base);
  const inbox = request.method === "POST" ? inboxOf(url.pathname) : null;
  const headers = new Headers();
  for (let i = 0; i < request.rawHeaders.length; i += 2) headers.append(request.rawHeaders[i], request.rawHeaders[i + 1]);
  const bare = request.method === "GET" || request.method === "HEAD";
  const asked = new Request(url, { method: request.method, headers, body: bare ? undefined : body });
  const spec = specOf(request.headers);
  const answer = await wire.run({ spec, inbox }, () =>
    federation.fetch(asked, {
      contextData: undefined,
      onNotFound: () => new Response("Not found\n", { status: 404 }),
    }),
  );
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (inbox !== null) state.arrived({ inbox, spec, status: answer.status, ...glimpse(body) });
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(request.method === "HEAD" ? undefined : bytes);
}

const relations = (map) =>
  Object.fromEntries([...map].map(([id, row]) => [id, { state: row.state ?? null, id: row.followId ?? null }]));

function view(name) {
  const actor = state.actor(name);
  return {
    id: state.actorUri(name),
    displayName: actor.displayName,
    summary: actor.summary,
    manual: actor.manual,
    followers: [...actor.followers.keys()],
    requests: [...actor.requests.keys()],
    following: relations(actor.following),
    blocks: [...actor.blocks.keys()],
    blockedBy: [...actor.blockedBy],
    notes: [...actor.notes.values()].map((note) => ({
      id: note.id,
      content: note.content,
      updated: note.updated,
      likes: [...note.likes],
      boosts: [...note.boosts],
    })),
  };
}

// Commands: POST /control/COMMAND with a JSON object that names the actor as `name`.
const commands = {
  create: ({ name, ...options }) => deeds.create(name, options),
  follow: ({ name, target }) => deeds.follow(name, target),
  unfollow: ({ name, target }) => deeds.unfollow(name, target),
  accept: ({ name, target }) => deeds.answerRequest(name, target, "accept"),
  reject: ({ name, target }) => deeds.answerRequest(name, target, "reject"),
  post: ({ name, ...note }) => deeds.post(name, note),
  edit: ({ name, ...note }) => deeds.edit(name, note),
  delete: ({ name, ...note }) => deeds.delete(name, note),
  like: ({ name, ...note }) => deeds.like(name, note),
  unlike: ({ name, ...note }) => deeds.unlike(name, note),
  boost: ({ name, ...note }) => deeds.boost(name, note),
  unboost: ({ name, ...note }) => deeds.unboost(name, note),
  block: ({ name, target }) => deeds.block(name, target),
  unblock: ({ name, target }) => deeds.unblock(name, target),
  profile: ({ name, ...changes }) => deeds.profile(name, changes),
  resolve: async ({ name, target }) => ({ id: (await deeds.actorOf(name, target)).id.href }),
  document: ({ name, target }) => deeds.document(name, target),
  // What is known, without changing anything.
  actor: ({ name }) => view(name),
  actors: () => [...state.actors.keys()],
  held: ({ name }) => [...state.actor(name).held.values()],
  received: ({ name }) => state.actor(name).received,
  profiles: () => Object.fromEntries(state.profiles),
  arrivals: () => state.arrivals,
  departures: () => state.departures,
};

async function control(request, response) {
  const url = new URL(request.url, "http://control");
  const command = Object.hasOwn(commands, url.pathname.slice("/control/".length))
    ? commands[url.pathname.slice("/control/".length)]
    : null;
  if (request.method !== "POST" || !url.pathname.startsWith("/control/") || command === null) {
    throw new Refusal(404, `no command ${request.method} ${url.pathname}; there are ${Object.keys(commands).join(", ")}`);
  }
  const body = await bodyOf(request);
  let values;
  try {
    values = body.length === 0 ? {} : JSON.parse(body);
  } catch {
    throw new Refusal(400, "the body is no JSON");
  }
  const answer = await command(values);
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(answer));
}

/** Wrap a handler so that whatever it throws becomes an answer and a line in the log. */
const guarded = (handler) => (request, response) =>
  handler(request, response).catch((error) => {
    const status = error instanceof Refusal ? error.status : 500;
    log("error", { path: request.url, status, error: String(status === 500 ? error?.stack : error?.message) });
    if (!response.headersSent) response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: String(error?.message ?? error) }));
  });

const listening = (server, where, address) =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, address, () => resolve(server.address().port));
  });

if (!Number.isInteger(port) || port < 1 || port > 65535) {
  process.stderr.write("PEER_PORT is a port number\n");
  process.exit(2);
}
const address = host === "localhost" ? "127.0.0.1" : host;
await listening(createServer(guarded(federate)), port, address);
const controlPort = await listening(createServer(guarded(control)), 0, "127.0.0.1");
log("ready", { base: settings.base, control: `http://127.0.0.1:${controlPort}`, firstKnock: settings.firstKnock });
