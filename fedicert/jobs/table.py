"""The table: every kind of job and who does it."""

from fedicert.discovery.peers import Peers
from fedicert.jobs.archives import Archiving
from fedicert.jobs.certify import Certifying
from fedicert.jobs.gone import Leaving
from fedicert.jobs.imports import Importing
from fedicert.jobs.kinds import Kind
from fedicert.jobs.move import Moving
from fedicert.jobs.permits import Permits
from fedicert.jobs.pictures import Clearing
from fedicert.jobs.posting import Posting
from fedicert.jobs.publish import Publishing
from fedicert.jobs.reach import Reaching
from fedicert.jobs.receive import Receiving
from fedicert.jobs.restored import Restored
from fedicert.jobs.settle import Settling
from fedicert.jobs.synchronize import Synchronizing
from fedicert.jobs.trends import Trending
from fedicert.jobs.upkeep import Signer, Upkeep
from fedicert.keys.pen import Pen
from fedicert.store.blobs import Blobs
from fedicert.store.patience import PATIENT, Patience

RECEIVE_BATCH = 50


def kinds(
    peers: Peers, sign: Signer, certifying: Certifying, blobs: Blobs, pen: Pen, patience: Patience = PATIENT
) -> dict[str, Kind]:
    """Kind → how it is done."""
    reaching = Reaching(peers.db, peers.urls)
    upkeep = Upkeep(peers.db, peers.urls, sign, patience)
    settling = Settling(peers)
    posting = Posting(peers, pen)
    stating = Permits(peers, certifying, pen)
    restored = Restored(peers)
    archiving = Archiving(peers.db, peers.urls, blobs)
    return {
        "receive": Kind(many=Receiving(peers).batch, batch=RECEIVE_BATCH, at_once=4, in_order=True, finishes=True),
        "fan_out": Kind(one=reaching.fan_out, finishes=True),
        "release": Kind(one=reaching.release),
        "release_tier": Kind(one=reaching.release_tier),
        "end_waiver": Kind(one=reaching.end_waiver),
        "stand_again": Kind(one=reaching.stand_again, at_once=1),
        "turn_windows": Kind(one=reaching.turn_windows, at_once=1),
        "look_at_windows": Kind(one=upkeep.windows, at_once=1, finishes=True),
        "tell_reach": Kind(one=reaching.tell_reach),
        "tell_locked": Kind(one=reaching.tell_locked),
        "settle": Kind(one=settling.settle, at_once=2),
        "archive": Kind(one=archiving.make, at_once=1),
        "clear_archives": Kind(one=archiving.clear, at_once=1),
        "import": Kind(one=Importing(peers).go_through, at_once=2),
        "move": Kind(one=Moving(peers).move, at_once=2),
        "synchronize": Kind(one=Synchronizing(peers).synchronize, at_once=2),
        "get_in_step": Kind(one=restored.get_in_step, at_once=1, finishes=True),
        "release_all": Kind(one=restored.release_all, at_once=1),
        "watch_clock": Kind(one=settling.watch, at_once=1, finishes=True),
        "review_domains": Kind(one=reaching.review_domains, at_once=1),
        "review_owner": Kind(one=reaching.review_owner),
        "unmute": Kind(one=reaching.unmute),
        "hide_domain": Kind(one=reaching.hide_domain, at_once=1),
        "forget_posts": Kind(one=reaching.forget_posts, at_once=1),
        "certify": Kind(one=certifying.certify, at_once=8, in_order=True),
        "certify_here": Kind(one=certifying.certify),
        "certify_due": Kind(one=certifying.due, at_once=1, finishes=True),
        "publish": Kind(one=Publishing(peers, pen).publish, finishes=True),
        "poll_end": Kind(one=posting.poll_end),
        "tell_post": Kind(one=posting.tell),
        "quote": Kind(one=posting.quote),
        "look_at_quotes": Kind(one=posting.look_at_quotes, at_once=1),
        "discard_media": Kind(one=Clearing(peers.db, blobs).discard, at_once=1),
        "gone": Kind(one=Leaving(peers).look, at_once=2),
        "judge_permit": Kind(one=stating.judge, at_once=4),
        "rejudge_permits": Kind(one=stating.rejudge, at_once=1),
        "take_permits_off": Kind(one=stating.take_off, at_once=1),
        "put_permit_on": Kind(one=stating.put_on),
        "look_at_marks": Kind(one=stating.look_at_marks),
        "trends": Kind(one=Trending(peers.db, peers.urls).count, at_once=1, finishes=True),
        "checkpoint": Kind(one=upkeep.checkpoint, at_once=1, finishes=True),
        "remind": Kind(one=upkeep.remind, at_once=1, finishes=True),
        "sweep": Kind(one=upkeep.sweep, at_once=1, finishes=True),
    }
