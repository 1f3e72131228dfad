// Fedify's own federation, set up over the state: documents, collections, keys, and what each incoming activity does.
// Signatures, WebFinger, JSON-LD and delivery are Fedify's; nothing here checks or makes them by hand.

import { AsyncLocalStorage } from "node:async_hooks";
import {
  createExponentialBackoffPolicy,
  createFederation,
  InProcessMessageQueue,
  MemoryKvStore,
} from "@fedify/fedify";
import {
  Accept,
  Activity,
  Announce,
  Block,
  Create,
  Delete,
  Endpoints,
  Follow,
  Like,
  Mention,
  Note,
  Person,
  PUBLIC_COLLECTION,
  Reject,
  Undo,
  Update,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";
import { log } from "./state.mjs";

/** What the HTTP layer saw of the request that an inbox listener works for: { spec, inbox }. */
export const wire = new AsyncLocalStorage();

const PUBLIC = PUBLIC_COLLECTION.href;

const href = (uri) => (uri == null ? null : uri.href);
const uris = (list) => list.map((uri) => new URL(uri));

/** The vocabulary object for a note written here. */
export function toNote(note) {
  return new Note({
    id: new URL(note.id),
    url: new URL(note.id),
    attribution: new URL(note.author),
    content: note.content,
    summary: note.summary ?? undefined,
    tos: uris(note.to),
    ccs: uris(note.cc),
    tags: note.mentions.map((who) => new Mention({ href: new URL(who.id), name: who.handle })),
    replyTarget: note.inReplyTo === null ? undefined : new URL(note.inReplyTo),
    published: Temporal.Instant.from(note.published),
    updated: note.updated === null ? undefined : Temporal.Instant.from(note.updated),
  });
}

export function toCreate(note) {
  return new Create({
    id: new URL(`${note.id}/create`),
    actor: new URL(note.author),
    object: toNote(note),
    tos: uris(note.to),
    ccs: uris(note.cc),
    published: Temporal.Instant.from(note.published),
  });
}

/** Where to deliver to an actor: the least that Fedify needs. */
export function recipientOf(actor) {
  return {
    id: actor.id,
    inboxId: actor.inboxId,
    endpoints: actor.endpoints?.sharedInbox == null ? null : { sharedInbox: actor.endpoints.sharedInbox },
  };
}

export async function personOf(state, ctx, name) {
  const actor = state.actors.get(name);
  if (actor === undefined) return null;
  const keys = await ctx.getActorKeyPairs(name);
  return new Person({
    id: ctx.getActorUri(name),
    preferredUsername: name,
    name: actor.displayName,
    summary: actor.summary,
    url: ctx.getActorUri(name),
    inbox: ctx.getInboxUri(name),
    outbox: ctx.getOutboxUri(name),
    followers: ctx.getFollowersUri(name),
    following: ctx.getFollowingUri(name),
    endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
    manuallyApprovesFollowers: actor.manual,
    publicKey: keys[0].cryptographicKey,
    assertionMethods: keys.map((pair) => pair.multikey),
  });
}

/** May whoever signed this GET read the note? Public and unlisted: anyone. Else an addressee's or follower's server. */
async function mayRead(state, ctx, note) {
  if (note.to.includes(PUBLIC) || note.cc.includes(PUBLIC)) return true;
  const owner = await ctx.getSignedKeyOwner();
  if (owner?.id == null) return false;
  const hosts = new Set(note.sentTo.map((recipient) => recipient.id.host));
  return hosts.has(owner.id.host);
}

function dispatchDocuments(federation, state) {
  federation
    .setActorDispatcher("/actors/{identifier}", (ctx, name) => personOf(state, ctx, name))
    .mapHandle((_ctx, username) => (state.actors.has(username) ? username : null))
    .setKeyPairsDispatcher((_ctx, name) => state.actors.get(name)?.keyPairs ?? []);

  federation.setObjectDispatcher(Note, "/notes/{id}", async (ctx, { id }) => {
    const note = state.noteById(`${state.base}/notes/${id}`);
    return note !== null && (await mayRead(state, ctx, note)) ? toNote(note) : null;
  });
  federation.setObjectDispatcher(Follow, "/follows/{id}", (ctx, { id }) => {
    const uri = `${state.base}/follows/${id}`;
    const follow = state.follows.get(uri);
    if (follow === undefined) return null;
    return new Follow({ id: new URL(uri), actor: ctx.getActorUri(follow.name), object: new URL(follow.target) });
  });

  const whole = (items) => ({ items, nextCursor: null });
  federation
    .setFollowersDispatcher("/actors/{identifier}/followers", (_ctx, name) => {
      const actor = state.actors.get(name);
      return actor === undefined ? null : whole([...actor.followers.values()].map((row) => row.recipient));
    })
    .setCounter((_ctx, name) => state.actors.get(name)?.followers.size ?? null);
  const accepted = (name) =>
    [...(state.actors.get(name)?.following ?? [])].filter(([, row]) => row.state === "accepted");
  federation
    .setFollowingDispatcher("/actors/{identifier}/following", (_ctx, name) =>
      state.actors.has(name) ? whole(accepted(name).map(([id]) => new URL(id))) : null,
    )
    .setCounter((_ctx, name) => (state.actors.has(name) ? accepted(name).length : null));
  const open = (name) =>
    [...(state.actors.get(name)?.notes.values() ?? [])].filter(
      (note) => note.to.includes(PUBLIC) || note.cc.includes(PUBLIC),
    );
  federation
    .setOutboxDispatcher("/actors/{identifier}/outbox", (_ctx, name) =>
      state.actors.has(name) ? whole(open(name).map(toCreate)) : null,
    )
    .setCounter((_ctx, name) => (state.actors.has(name) ? open(name).length : null));
  federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
    software: { name: "fedify-peer", version: "0.0.0" },
    protocols: ["activitypub"],
    usage: { users: { total: state.actors.size }, localPosts: 0, localComments: 0 },
  }));
}

/** Is it, by its addresses, for the accepted followers of its author that `actor` is one of? */
function reaches(actor, author, addressed) {
  const follow = actor.following.get(author);
  const ids = addressed.toIds.concat(addressed.ccIds).map(href);
  return follow?.state === "accepted" && (ids.includes(PUBLIC) || ids.includes(follow.followers));
}

/** The local actors an activity concerns: the inbox's owner, else by name, as followers, or as holders of its object. */
function concerned(state, ctx, activity) {
  if (ctx.recipient != null) return [ctx.recipient];
  const named = new Set(
    [...activity.toIds, ...activity.ccIds, ...activity.objectIds].map((uri) => state.nameOf(uri)).filter(Boolean),
  );
  const object = href(activity.objectId);
  const author = state.noteById(object)?.author;
  if (author !== undefined) named.add(state.nameOf(author));
  for (const actor of state.actors.values()) {
    if (reaches(actor, href(activity.actorId), activity) || actor.held.has(object)) named.add(actor.name);
  }
  return [...named];
}

/** Write the activity down for everyone it concerns, and for `name` where given, and say who that is. */
function record(state, ctx, activity, object = null, name = null) {
  const names = concerned(state, ctx, activity);
  if (name !== null && !names.includes(name)) names.push(name);
  const seen = wire.getStore() ?? {};
  for (const one of names) {
    state.receive(one, {
      type: activity.constructor.name,
      id: href(activity.id),
      actor: href(activity.actorId),
      object: href(object?.id ?? activity.objectId),
      content: object instanceof Note ? String(object.content ?? "") : null,
      ...seen,
    });
  }
  return names;
}

/** The follow of ours that an Accept or Reject answers: by the Follow's id, else by who answers. */
async function answered(state, ctx, activity) {
  const known = state.follows.get(href(activity.objectId));
  if (known !== undefined) return known;
  const object = await activity.getObject(ctx);
  const name = object instanceof Follow ? state.nameOf(object.actorId) : ctx.recipient;
  return name == null ? null : { name, target: href(activity.actorId) };
}

async function onAnswer(state, ctx, activity, outcome) {
  const follow = await answered(state, ctx, activity);
  record(state, ctx, activity, null, follow?.name ?? null);
  if (follow === null || follow.target !== href(activity.actorId)) return;
  const row = state.actors.get(follow.name)?.following.get(follow.target);
  if (row !== undefined) {
    row.state = outcome;
    log("follow", { name: follow.name, target: follow.target, state: outcome });
  }
}

async function onFollow(state, deeds, ctx, follow) {
  record(state, ctx, follow);
  const name = state.nameOf(follow.objectId);
  if (name === null) return;
  const actor = state.actors.get(name);
  const follower = await follow.getActor(ctx);
  const row = { recipient: recipientOf(follower), followId: href(follow.id) };
  if (actor.blocks.has(follower.id.href)) return deeds.answer(name, follower.id.href, row, "reject");
  actor.requests.set(follower.id.href, row);
  if (!actor.manual) await deeds.answer(name, follower.id.href, row, "accept");
}

/** Does this actor keep the note: by name, or as an accepted follower of its author? */
const holds = (state, actor, author, note) =>
  [...note.toIds, ...note.ccIds].some((uri) => href(uri) === state.actorUri(actor.name)) ||
  reaches(actor, author, note);

function held(note, activity, boostedBy = null) {
  return {
    id: href(note.id),
    author: href(note.attributionId),
    content: String(note.content ?? ""),
    summary: note.summary == null ? null : String(note.summary),
    to: note.toIds.map(href),
    cc: note.ccIds.map(href),
    inReplyTo: href(note.replyTargetId),
    published: note.published?.toString() ?? null,
    updated: note.updated?.toString() ?? null,
    by: href(activity.id),
    boostedBy,
  };
}

async function onCreate(state, ctx, create) {
  const note = await create.getObject(ctx);
  const names = record(state, ctx, create, note);
  if (!(note instanceof Note) || href(note.attributionId) !== href(create.actorId)) return;
  for (const name of names) {
    const actor = state.actors.get(name);
    if (holds(state, actor, href(create.actorId), note)) actor.held.set(href(note.id), held(note, create));
  }
}

async function onUpdate(state, ctx, update) {
  const object = await update.getObject(ctx);
  record(state, ctx, update, object);
  if (object instanceof Note && href(object.attributionId) === href(update.actorId)) {
    for (const actor of state.actors.values()) {
      const before = actor.held.get(href(object.id));
      if (before !== undefined) actor.held.set(before.id, held(object, update, before.boostedBy));
    }
  } else if (object?.id != null && href(object.id) === href(update.actorId)) {
    state.profiles.set(href(object.id), {
      name: String(object.name ?? ""),
      summary: String(object.summary ?? ""),
      manual: object.manuallyApprovesFollowers ?? false,
    });
  }
}

function onDelete(state, ctx, activity) {
  record(state, ctx, activity);
  const gone = href(activity.objectId);
  const author = href(activity.actorId);
  for (const actor of state.actors.values()) {
    if (actor.held.get(gone)?.author === author) actor.held.delete(gone);
    if (gone !== author) continue;
    for (const [id, note] of actor.held) if (note.author === author) actor.held.delete(id);
    for (const relation of [actor.followers, actor.requests, actor.following]) relation.delete(author);
  }
}

async function onUndo(state, ctx, undo) {
  const object = await undo.getObject(ctx);
  const names = record(state, ctx, undo, object);
  const by = href(undo.actorId);
  if (href(object?.actorId) !== by) return;
  const subject = state.nameOf(object.objectId);
  const note = state.noteById(href(object.objectId));
  if (object instanceof Follow && subject !== null) {
    state.actors.get(subject).followers.delete(by);
    state.actors.get(subject).requests.delete(by);
  } else if (object instanceof Block && subject !== null) {
    state.actors.get(subject).blockedBy.delete(by);
  } else if (object instanceof Like) {
    note?.likes.delete(by);
  } else if (object instanceof Announce) {
    note?.boosts.delete(by);
    for (const name of names) {
      const kept = state.actors.get(name).held.get(href(object.objectId));
      if (kept?.boostedBy === by) state.actors.get(name).held.delete(kept.id);
    }
  }
}

async function onAnnounce(state, ctx, announce) {
  const names = record(state, ctx, announce);
  const by = href(announce.actorId);
  const own = state.noteById(href(announce.objectId));
  if (own !== null) {
    own.boosts.add(by);
    return;
  }
  const reader = names.find((name) => state.actors.get(name).following.get(by)?.state === "accepted");
  if (reader === undefined) return;
  const note = await announce.getObject({
    documentLoader: await ctx.getDocumentLoader({ identifier: reader }),
    contextLoader: ctx.contextLoader,
  });
  if (!(note instanceof Note)) return;
  for (const name of names) {
    const actor = state.actors.get(name);
    const follows = actor.following.get(by)?.state === "accepted";
    if (follows && !actor.held.has(href(note.id))) actor.held.set(href(note.id), held(note, announce, by));
  }
}

function onBlock(state, ctx, block) {
  record(state, ctx, block);
  const name = state.nameOf(block.objectId);
  if (name === null) return;
  const actor = state.actors.get(name);
  const by = href(block.actorId);
  actor.blockedBy.add(by);
  for (const relation of [actor.followers, actor.requests, actor.following]) relation.delete(by);
}

function listen(federation, state, deeds) {
  federation
    .setInboxListeners("/actors/{identifier}/inbox", "/inbox")
    .setSharedKeyDispatcher(() => {
      const [first] = state.actors.keys();
      return first === undefined ? null : { identifier: first };
    })
    .withIdempotency("per-inbox")
    .on(Follow, (ctx, activity) => onFollow(state, deeds, ctx, activity))
    .on(Accept, (ctx, activity) => onAnswer(state, ctx, activity, "accepted"))
    .on(Reject, (ctx, activity) => onAnswer(state, ctx, activity, "rejected"))
    .on(Create, (ctx, activity) => onCreate(state, ctx, activity))
    .on(Update, (ctx, activity) => onUpdate(state, ctx, activity))
    .on(Delete, (ctx, activity) => onDelete(state, ctx, activity))
    .on(Undo, (ctx, activity) => onUndo(state, ctx, activity))
    .on(Announce, (ctx, activity) => onAnnounce(state, ctx, activity))
    .on(Block, (ctx, activity) => onBlock(state, ctx, activity))
    .on(Like, (ctx, activity) => {
      record(state, ctx, activity);
      state.noteById(href(activity.objectId))?.likes.add(href(activity.actorId));
    })
    .on(Activity, (ctx, activity) => record(state, ctx, activity))
    .onError((_ctx, error) => log("inbox-error", { error: String(error?.stack ?? error) }));
}

/** Fedify over the state. `settings`: { base, firstKnock, queue }; `deeds` answers incoming follows. */
export function makeFederation(state, deeds, settings) {
  const federation = createFederation({
    kv: new MemoryKvStore(),
    queue: settings.queue ? { outbox: new InProcessMessageQueue() } : undefined,
    origin: settings.base,
    allowPrivateAddress: true,
    firstKnock: settings.firstKnock,
    circuitBreaker: false,
    outboxRetryPolicy: createExponentialBackoffPolicy({ initialDelay: { milliseconds: 500 }, maxAttempts: 12 }),
    onOutboxError: (error, activity) => log("outbox-error", { id: href(activity?.id), error: String(error) }),
  });
  dispatchDocuments(federation, state);
  listen(federation, state, deeds);
  return federation;
}
