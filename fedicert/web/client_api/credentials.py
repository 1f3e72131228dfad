"""The account of whoever asks: shown with its sources, changed, and its defaults as preferences."""

from typing import Any

from starlette.datastructures import UploadFile

from fedicert.base.errors import Unprocessable
from fedicert.mastodon.forms import CredentialsForm
from fedicert.mastodon.render import credential_account, preferences
from fedicert.model.accounts import OwnAccountRow
from fedicert.model.urls import Urls
from fedicert.operations.profile_changes import ProfileChange, update_profile
from fedicert.store.unit import Tx
from fedicert.store.views import own
from fedicert.web.client_api.mentions import resolve_mentions
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint

NO_UPLOADS = "Validation failed: Pictures can't be uploaded to this server yet"


@endpoint("GET", "/api/v1/accounts/verify_credentials", scope=("profile", "read:accounts"), hop=True)
async def verify_credentials(call: Call) -> Answer:
    """Who one is."""
    return Answer(credential_account(await call.read(own.credentials), call.deps.urls))


@endpoint("PATCH", "/api/v1/accounts/update_credentials", scope="write:accounts", hop=True, form=CredentialsForm)
async def update_credentials(call: Call) -> Answer:
    """Change one's profile and defaults; what isn't sent stays. Other servers are told what they can see of it."""
    form: CredentialsForm = call.form
    await call.identify()
    if _is_file(form.avatar) or _is_file(form.header):
        raise Unprocessable(NO_UPLOADS)
    change = await _change(call, form)
    shown = await call.write(_update, call.deps.urls, change)
    return Answer(credential_account(shown, call.deps.urls))


@endpoint("GET", "/api/v1/preferences", scope="read:accounts", hop=True)
async def show_preferences(call: Call) -> Answer:
    """The defaults for new posts; what clients ask for reading is theirs to keep."""
    found = await call.read(own.defaults)
    return Answer(preferences(found.visibility, found.sensitive, found.language))


async def _change(call: Call, form: CredentialsForm) -> ProfileChange:
    source = form.source
    fields = None
    if form.fields_attributes is not None:
        fields = [(field.name, field.value) for field in form.fields_attributes]
    texts = [form.note or "", *(value for _, value in fields or ())]
    return ProfileChange(
        display_name=form.display_name,
        note=form.note,
        fields=fields,
        bot=form.bot,
        locked=form.locked,
        discoverable=form.discoverable,
        indexable=form.indexable,
        hide_collections=form.hide_collections,
        privacy=source.privacy if source else None,
        sensitive=source.sensitive if source else None,
        language=source.language if source else None,
        mentions=await resolve_mentions(call, "\n".join(texts)),
    )


async def _update(tx: Tx, account: int, urls: Urls, change: ProfileChange) -> OwnAccountRow:
    await update_profile(tx, urls, account, change)
    return await own.credentials(tx, account)


def _is_file(given: Any) -> bool:
    """Was a picture sent? Browsers send an empty file where none was chosen."""
    if isinstance(given, UploadFile):
        return bool(given.filename or given.size)
    return bool(given)
