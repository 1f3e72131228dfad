"""The page on which somebody says who may answer their posts."""

import httpx

from fedicert.operations import answers
from fedicert.store.views import people
from fedicert.web.plumbing.app import App
from tests.web.site import log_in, submit

PAGE = "/settings/answers"


async def test_who_may_answer_is_chosen_on_a_page(app: App, http: httpx.AsyncClient) -> None:
    assert (await http.get(PAGE)).status_code == 303
    await log_in(http)
    page = await http.get(PAGE)
    assert 'value="anyone" checked' in page.text
    done = await submit(http, page, answers_by="mentioned")
    assert done.status_code == 303
    page = await http.get(done.headers["location"])
    assert 'value="mentioned" checked' in page.text and "Saved." in page.text
    ada = (await app.deps.db.read(people.by_handle, None, "ada", "")).id
    assert await app.deps.db.read(answers.policy, ada) == "mentioned"
    assert (await submit(http, page, answers_by="cats")).status_code == 422
