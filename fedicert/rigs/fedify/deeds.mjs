// What an actor of the peer does when the control API says so. Each deed changes the state, then delivers,
// and returns what came of every delivery: { inbox, ok, error }.

import { generateCryptoKeyPair } from "@fedify/fedify";
import {
  Accept,
  Announce,
  Block,
  Delete,
  Follow,
  isActor,
  Like,
  Note,
  PUBLIC_COLLECTION,
  Reject,
  Tombstone,
  Undo,
  Update,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";
import { personOf, recipientOf, toCreate, toNote } from "./federation.mjs";
import { LocalActor, log, Refusal } from "./state.mjs";

const PUBLIC = PUBLIC_COLLECTION.href;
const VISIBILITIES = ["public", "unlisted", "followers", "direct"];
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;

const unique = (recipients) => [...new Map(recipients.map((who) => [who.id.href, who])).values()];

export class Deeds {
  constructor(state, settings) {
    this.state = state;
    this.settings = settings;
    this.federation = null; // set once, after both are made
  }

  context() {
    return this.federation.createContext(new URL(this.settings.base), undefined);
  }

  /** Send to each distinct inbox (shared where there is one), one after another, and keep the outcome. */
  async deliver(name, activity, recipients) {
    const groups = new Map();
    for (const who of unique(recipients)) {
      const inbox = (who.endpoints?.sharedInbox ?? who.inboxId).href;
      groups.set(inbox, [...(groups.get(inbox) ?? []), who]);
    }
    const outcomes = [];
    for (const [inbox, group] of groups) {
      const outcome = { inbox, ok: true, error: null };
      try {
        await this.context().sendActivity({ identifier: name }, group, activity, {
          preferSharedInbox: true,
          immediate: !this.settings.queue,
        });
      } catch (error) {
        outcome.ok = false;
        outcome.error = String(error?.message ?? error);
      }
      this.state.departed({ name, type: activity.constructor.name, id: activity.id.href, ...outcome });
      outcomes.push(outcome);
    }
    return outcomes;
  }

  async create(name, options) {
    if (!/^[a-z0-9_]{1,30}$/.test(name ?? "")) throw new Refusal(400, `${name} is no usable name`);
    if (this.state.actors.has(name)) throw new Refusal(409, `${name} is here already`);
    const keyPairs = [
      await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"),
      await generateCryptoKeyPair("Ed25519"),
    ];
    this.state.actors.set(name, new LocalActor(name, options, keyPairs));
    const id = this.state.actorUri(name);
    log("actor", { name, id });
    return { id, handle: `@${name}@${new URL(this.settings.base).host}` };
  }

  /** The id behind a handle. Fedify asks WebFinger over https alone; on loopback it is asked over plain http here. */
  async resolve(target) {
    const handle = /^(?:acct:|@)?([^@/]+)@([^@/]+)$/.exec(target);
    if (handle === null) return target;
    const [, user, host] = handle;
    const scheme = LOOPBACK.test(host) ? "http" : "https";
    const resource = encodeURIComponent(`acct:${user}@${host}`);
    const answer = await fetch(`${scheme}://${host}/.well-known/webfinger?resource=${resource}`);
    if (!answer.ok) throw new Refusal(404, `WebFinger of ${target}: ${answer.status}`);
    const self = (await answer.json()).links?.find(
      (link) => link.rel === "self" && /activity\+json|ld\+json/.test(link.type ?? ""),
    );
    if (self === undefined) throw new Refusal(404, `WebFinger of ${target} names no ActivityPub actor`);
    return self.href;
  }

  /** The document behind an id or a handle as plain JSON, just as its server gives it. */
  async document(name, target) {
    const load = await this.context().getDocumentLoader({ identifier: name });
    return (await load(await this.resolve(target))).document;
  }

  async fetchObject(name, id) {
    const ctx = this.context();
    const documentLoader = await ctx.getDocumentLoader({ identifier: name });
    const object = await ctx.lookupObject(new URL(id), { documentLoader, allowPrivateAddress: true });
    if (object === null) throw new Refusal(404, `${id} could not be fetched`);
    return object;
  }

  async actorOf(name, target) {
    const actor = await this.fetchObject(name, await this.resolve(target));
    if (!isActor(actor)) throw new Refusal(422, `${target} is no actor`);
    return actor;
  }

  async follow(name, target) {
    const actor = this.state.actor(name);
    const remote = await this.actorOf(name, target);
    const followId = this.state.next("follows");
    const recipient = recipientOf(remote);
    this.state.follows.set(followId, { name, target: remote.id.href });
    actor.following.set(remote.id.href, {
      state: "pending",
      followId,
      recipient,
      followers: remote.followersId?.href ?? null,
    });
    const deliveries = await this.deliver(name, this.followOf(name, followId, remote.id), [recipient]);
    return { target: remote.id.href, id: followId, deliveries };
  }

  followOf(name, followId, target) {
    return new Follow({
      id: new URL(followId),
      actor: new URL(this.state.actorUri(name)),
      object: new URL(target),
      to: new URL(target),
    });
  }

  async unfollow(name, target) {
    const actor = this.state.actor(name);
    const id = await this.resolve(target);
    const row = actor.following.get(id);
    if (row === undefined) throw new Refusal(404, `${name} doesn't follow ${target}`);
    actor.following.delete(id);
    return this.undo(name, this.followOf(name, row.followId, id), [row.recipient]);
  }

  async undo(name, object, recipients) {
    const activity = new Undo({
      id: new URL(this.state.next("undos")),
      actor: new URL(this.state.actorUri(name)),
      object,
      tos: recipients.map((who) => who.id),
    });
    return { id: activity.id.href, deliveries: await this.deliver(name, activity, recipients) };
  }

  /** Answer an incoming follow, `verdict` being accept or reject; a follower admitted before can be rejected too. */
  async answer(name, follower, row, verdict) {
    const actor = this.state.actor(name);
    actor.requests.delete(follower);
    if (verdict === "accept") actor.followers.set(follower, row);
    else actor.followers.delete(follower);
    const answer = new (verdict === "accept" ? Accept : Reject)({
      id: new URL(this.state.next("answers")),
      actor: new URL(this.state.actorUri(name)),
      to: new URL(follower),
      object: new Follow({
        id: row.followId === null ? null : new URL(row.followId),
        actor: new URL(follower),
        object: new URL(this.state.actorUri(name)),
      }),
    });
    return { id: answer.id.href, deliveries: await this.deliver(name, answer, [row.recipient]) };
  }

  async answerRequest(name, target, verdict) {
    const actor = this.state.actor(name);
    const follower = await this.resolve(target);
    const row = actor.requests.get(follower) ?? actor.followers.get(follower);
    if (row === undefined) throw new Refusal(404, `${target} has asked for nothing`);
    return this.answer(name, follower, row, verdict);
  }

  followersOf(name) {
    return [...this.state.actor(name).followers.values()].map((row) => row.recipient);
  }

  async post(name, { content, visibility = "public", mentions = [], inReplyTo = null, summary = null }) {
    const actor = this.state.actor(name);
    if (!VISIBILITIES.includes(visibility)) throw new Refusal(400, `visibility is one of ${VISIBILITIES.join(", ")}`);
    const mentioned = [];
    for (const target of mentions) {
      const remote = await this.actorOf(name, target);
      const handle = `@${remote.preferredUsername}@${remote.id.host}`;
      mentioned.push({ id: remote.id.href, handle, recipient: recipientOf(remote) });
    }
    const people = mentioned.map((who) => who.id);
    const followers = `${this.state.actorUri(name)}/followers`;
    const [to, cc] = {
      public: [[PUBLIC], [followers, ...people]],
      unlisted: [[followers], [PUBLIC, ...people]],
      followers: [[followers], people],
      direct: [people, []],
    }[visibility];
    const audience = visibility === "direct" ? [] : this.followersOf(name);
    const note = {
      id: this.state.next("notes"),
      author: this.state.actorUri(name),
      content: content ?? "",
      summary,
      to,
      cc,
      mentions: mentioned.map(({ id, handle }) => ({ id, handle })),
      inReplyTo,
      published: new Date().toISOString(),
      updated: null,
      sentTo: unique([...audience, ...mentioned.map((who) => who.recipient)]),
      likes: new Set(),
      boosts: new Set(),
    };
    actor.notes.set(note.id, note);
    return { id: note.id, deliveries: await this.deliver(name, toCreate(note), note.sentTo) };
  }

  note(name, id) {
    const note = this.state.actor(name).notes.get(id);
    if (note === undefined) throw new Refusal(404, `${name} wrote no ${id}`);
    return note;
  }

  async edit(name, { id, content }) {
    const note = this.note(name, id);
    note.content = content;
    note.updated = new Date().toISOString();
    const activity = new Update({
      id: new URL(`${note.id}/updates/${this.state.next("x").split("/").pop()}`),
      actor: new URL(note.author),
      object: toNote(note),
      tos: note.to.map((uri) => new URL(uri)),
      ccs: note.cc.map((uri) => new URL(uri)),
      updated: Temporal.Instant.from(note.updated),
    });
    const direct = !note.to.concat(note.cc).some((uri) => uri === PUBLIC || uri === `${note.author}/followers`);
    note.sentTo = unique([...note.sentTo, ...(direct ? [] : this.followersOf(name))]);
    return { id: activity.id.href, deliveries: await this.deliver(name, activity, note.sentTo) };
  }

  async delete(name, { id }) {
    const note = this.note(name, id);
    this.state.actor(name).notes.delete(id);
    const activity = new Delete({
      id: new URL(`${id}/delete`),
      actor: new URL(note.author),
      object: new Tombstone({ id: new URL(id) }),
      to: PUBLIC_COLLECTION,
    });
    return { id: activity.id.href, deliveries: await this.deliver(name, activity, note.sentTo) };
  }

  /** The note and where its author is reached. */
  async noteAndAuthor(name, id) {
    const note = await this.fetchObject(name, id);
    if (!(note instanceof Note) || note.attributionId === null) throw new Refusal(422, `${id} is no note`);
    return recipientOf(await this.actorOf(name, note.attributionId.href));
  }

  likeOf(name, likeId, id) {
    return new Like({ id: new URL(likeId), actor: new URL(this.state.actorUri(name)), object: new URL(id) });
  }

  async like(name, { id }) {
    const recipients = [await this.noteAndAuthor(name, id)];
    const likeId = this.state.next("likes");
    this.state.actor(name).likes.set(id, { likeId, recipients });
    return { id: likeId, deliveries: await this.deliver(name, this.likeOf(name, likeId, id), recipients) };
  }

  async unlike(name, { id }) {
    const row = this.state.actor(name).likes.get(id);
    if (row === undefined) throw new Refusal(404, `${name} doesn't like ${id}`);
    this.state.actor(name).likes.delete(id);
    return this.undo(name, this.likeOf(name, row.likeId, id), row.recipients);
  }

  announceOf(name, announceId, id) {
    return new Announce({
      id: new URL(announceId),
      actor: new URL(this.state.actorUri(name)),
      object: new URL(id),
      to: PUBLIC_COLLECTION,
      cc: new URL(`${this.state.actorUri(name)}/followers`),
      published: Temporal.Now.instant(),
    });
  }

  async boost(name, { id }) {
    const author = await this.noteAndAuthor(name, id);
    const announceId = this.state.next("announces");
    const recipients = unique([author, ...this.followersOf(name)]);
    this.state.actor(name).boosts.set(id, { announceId, recipients });
    return { id: announceId, deliveries: await this.deliver(name, this.announceOf(name, announceId, id), recipients) };
  }

  async unboost(name, { id }) {
    const row = this.state.actor(name).boosts.get(id);
    if (row === undefined) throw new Refusal(404, `${name} hasn't boosted ${id}`);
    this.state.actor(name).boosts.delete(id);
    return this.undo(name, this.announceOf(name, row.announceId, id), row.recipients);
  }

  blockOf(name, blockId, target) {
    return new Block({
      id: new URL(blockId),
      actor: new URL(this.state.actorUri(name)),
      object: new URL(target),
      to: new URL(target),
    });
  }

  async block(name, target) {
    const actor = this.state.actor(name);
    const recipient = recipientOf(await this.actorOf(name, target));
    const id = recipient.id.href;
    const blockId = this.state.next("blocks");
    for (const relation of [actor.followers, actor.requests, actor.following]) relation.delete(id);
    actor.blocks.set(id, { blockId, recipient });
    return { id: blockId, deliveries: await this.deliver(name, this.blockOf(name, blockId, id), [recipient]) };
  }

  async unblock(name, target) {
    const actor = this.state.actor(name);
    const id = await this.resolve(target);
    const row = actor.blocks.get(id);
    if (row === undefined) throw new Refusal(404, `${name} doesn't block ${target}`);
    actor.blocks.delete(id);
    return this.undo(name, this.blockOf(name, row.blockId, id), [row.recipient]);
  }

  /** Change the profile and tell the followers, and whoever was followed, by Update. */
  async profile(name, changes) {
    const actor = this.state.actor(name);
    for (const key of ["displayName", "summary", "manual"]) if (key in changes) actor[key] = changes[key];
    const ctx = this.context();
    const activity = new Update({
      id: new URL(this.state.next("updates")),
      actor: ctx.getActorUri(name),
      object: await personOf(this.state, ctx, name),
      to: PUBLIC_COLLECTION,
    });
    const followed = [...actor.following.values()].map((row) => row.recipient);
    return {
      id: activity.id.href,
      deliveries: await this.deliver(name, activity, [...this.followersOf(name), ...followed]),
    };
  }
}
