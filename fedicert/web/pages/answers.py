"""A person's page: who may answer their posts."""

from fedicert.operations import answers
from fedicert.web.plumbing.answers import Answer, redirect
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import form_of, member_of, member_page

_SAID = {
    "anyone": "Anyone",
    "audience": "My followers, and people whom the post names",
    "mentioned": "Only people whom the post names",
}


@endpoint("GET", "/settings/answers", door="page")
async def show(call: Call) -> Answer:
    """The choice."""
    member = await member_of(call)
    chosen = await call.deps.db.read(answers.policy, member.account.id)
    return member_page(
        call, member, "answers.html", choices=_SAID, chosen=chosen, saved=call.query("saved") is not None
    )


@endpoint("POST", "/settings/answers", door="page")
async def change(call: Call) -> Answer:
    """Another choice, for posts to come."""
    member = await member_of(call)
    fields = await form_of(call, member)
    await call.deps.db.write(answers.set_policy, member.account.id, fields.text("answers_by") or "")
    return redirect(f"/settings/answers?account={member.account.username}&saved=1")
