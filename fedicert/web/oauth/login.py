"""Logging in and out with a browser. The forms work without JavaScript and inside the browsers of apps."""

from fedicert.keys.tokens import new_token, token_hash
from fedicert.operations import sessions
from fedicert.web.oauth.authorize import NOT_READY, login_values, read_return_to
from fedicert.web.plumbing.answers import Answer, redirect
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.passwords import try_password
from fedicert.web.plumbing.sessions import browser_of, check_form, page, set_cookie

WRONG = "That name and that password don't belong together"
CLOSED_GO_TO = "/settings/appeals"
MAX_NAME = 320


@endpoint("GET", "/login", door="page")
async def show_login(call: Call) -> Answer:
    """The form."""
    fields = await call.fields()
    browser = await browser_of(call)
    return_to = read_return_to(fields.text("return_to"))
    return page(call, "login.html", browser, **login_values(return_to, logged_in=browser.session is not None))


@endpoint("POST", "/login", door="page")
async def log_in(call: Call) -> Answer:
    """Check the password, at most so often, and begin a session under a new secret."""
    fields = await call.fields()
    browser = await browser_of(call)
    check_form(call, browser, fields)
    return_to = read_return_to(fields.text("return_to"))
    name, password = (fields.text("name") or "").strip()[:MAX_NAME], fields.text("password") or ""
    found, subject = await try_password(call, name, password)
    wrong = "" if found else WRONG
    if found and found.state not in ("ready", "disabled"):
        wrong = NOT_READY[found.state]
    if wrong or found is None:
        return page(call, "login.html", browser, status=422, **login_values(return_to, name=name, wrong=wrong))
    if found.state == "disabled" or found.account is None:
        # Whoever was closed out can appeal, and take their data out; every other page sends them there.
        return_to = CLOSED_GO_TO
    secret = new_token(call.deps.entropy)
    old = token_hash(browser.secret)
    await call.deps.db.write(sessions.log_in, token_hash(secret), found.login, subject, old)
    answer = redirect(return_to)
    set_cookie(call, answer, secret)
    return answer


@endpoint("GET", "/logout", door="page")
async def show_logout(call: Call) -> Answer:
    """A page with one button: a link alone must not log anybody out."""
    browser = await browser_of(call)
    return page(call, "logout.html", browser, logged_in=browser.session is not None)


@endpoint("POST", "/logout", door="page")
async def log_out(call: Call) -> Answer:
    """End this browser's session. Apps keep their tokens."""
    fields = await call.fields()
    browser = await browser_of(call)
    check_form(call, browser, fields)
    await call.deps.db.write(sessions.log_out, token_hash(browser.secret))
    answer = redirect("/")
    set_cookie(call, answer, "")
    return answer
