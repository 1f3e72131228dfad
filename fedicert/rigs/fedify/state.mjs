// What the peer remembers, in memory only: actors, whom they follow, what they hold, what came in and went out.
// It never speaks to the network.

const clock = () => new Date().toISOString();

/** One JSON line per event, on standard output. */
export function log(event, fields = {}) {
  process.stdout.write(`${JSON.stringify({ event, at: clock(), ...fields })}\n`);
}

/** An error that the control API answers with its own status. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class LocalActor {
  constructor(name, options, keyPairs) {
    this.name = name;
    this.displayName = options.displayName ?? name;
    this.summary = options.summary ?? "";
    this.manual = Boolean(options.manual);
    this.keyPairs = keyPairs;
    this.followers = new Map(); // actor id → { recipient, followId }
    this.requests = new Map(); // actor id → { recipient, followId }, until answered
    this.following = new Map(); // actor id → { state, followId, recipient }
    this.blocks = new Map(); // actor id → { blockId, recipient }
    this.blockedBy = new Set();
    this.notes = new Map(); // id → note written here
    this.held = new Map(); // id → note of somebody else, as last heard
    this.likes = new Map(); // note id → { likeId, recipients }
    this.boosts = new Map(); // note id → { announceId, recipients }
    this.received = [];
  }
}

export class State {
  constructor(base) {
    this.base = base;
    this.actors = new Map();
    this.profiles = new Map(); // remote actor id → { name, summary }, as last told by an Update
    this.arrivals = []; // every POST to an inbox, whatever became of it
    this.departures = []; // every delivery tried, with its outcome
    this.follows = new Map(); // id of a Follow sent → { name, target }
    this.serial = 0;
  }

  actor(name) {
    const actor = this.actors.get(name);
    if (actor === undefined) throw new Refusal(404, `no actor is called ${name} here`);
    return actor;
  }

  actorUri(name) {
    return `${this.base}/actors/${name}`;
  }

  /** The local name behind an actor id, or null. */
  nameOf(uri) {
    const prefix = `${this.base}/actors/`;
    const text = String(uri);
    if (!text.startsWith(prefix)) return null;
    const name = text.slice(prefix.length);
    return this.actors.has(name) ? name : null;
  }

  noteById(uri) {
    const text = String(uri);
    for (const actor of this.actors.values()) {
      const note = actor.notes.get(text);
      if (note !== undefined) return note;
    }
    return null;
  }

  next(kind) {
    this.serial += 1;
    return `${this.base}/${kind}/${Date.now().toString(36)}-${this.serial}`;
  }

  arrived(entry) {
    const row = { at: clock(), ...entry };
    this.arrivals.push(row);
    log("arrival", row);
  }

  departed(entry) {
    const row = { at: clock(), ...entry };
    this.departures.push(row);
    log("departure", row);
  }

  receive(name, entry) {
    const row = { at: clock(), ...entry };
    this.actors.get(name).received.push(row);
    log("received", { name, ...row });
  }
}
