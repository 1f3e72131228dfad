"""Who may answer one's posts. An addition of ours: the client API has a place for quotes alone."""

from fedicert.mastodon.forms import AnswersForm
from fedicert.operations import answers
from fedicert.store.unit import Reader, Tx
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint

PATH = "/api/fedicert/v1/answer_policy"


@endpoint("GET", PATH, scope="read:accounts", hop=True)
async def show(call: Call) -> Answer:
    """`anyone`, `audience` or `mentioned`."""
    return Answer({"answers_by": await call.read(_policy)})


@endpoint("PATCH", PATH, scope="write:accounts", form=AnswersForm, hop=True)
async def change(call: Call) -> Answer:
    """For posts to come."""
    return Answer({"answers_by": await call.write(_set, call.form.answers_by)})


async def _policy(reader: Reader, account: int) -> str:
    return await answers.policy(reader, account)


async def _set(tx: Tx, account: int, answers_by: str) -> str:
    return await answers.set_policy(tx, account, answers_by)
