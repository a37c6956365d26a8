"""Google's models as one: who is called, whether they may be, and what comes of it. It listens to no port."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace

from infra.local.stand_ins import omni, veo
from infra.local.stand_ins.answers import Answer, plain_error, refusal
from infra.local.stand_ins.fates import Rejection
from infra.local.stand_ins.filming import Begun, ClipCall, Film, Studio
from infra.local.stand_ins.generating import Generating
from infra.local.stand_ins.models import MODELS, FilmingModel, Unacceptable, demand
from infra.local.stand_ins.pictures import digest
from infra.local.stand_ins.request_log import Kind
from infra.local.stand_ins.scripts import is_rejected, looked
from infra.local.stand_ins.wire import Asked, Door, Json, Reply, text, turned_away

OMNI_LOCATION = "global"
"""Of Vertex AI: nowhere else is Omni."""


VERBS = {"predictLongRunning": Kind.START, "fetchPredictOperation": Kind.POLL}


class Google:
    """Answers every call that is not about scripts. Safe to use from many threads.

    Args:
        key: that must be shown; any will do when left out.
    """

    def __init__(self, studio: Studio, generating: Generating, key: str | None) -> None:
        self.studio = studio
        self.generating = generating
        self._key = key

    def reply(self, asked: Asked, own_url: str) -> Reply:
        """Answer one call.

        Args:
            own_url: at which files are handed out.
        """
        kind = _kind(asked)
        if kind is Kind.UNKNOWN and asked.said("verb") != "generateContent":
            return Reply(plain_error(404))
        if asked.door is Door.HANDED_OUT:
            return self._file(asked)
        if (no := turned_away(asked, self._key)) is not None:
            return self._not_taken(no, kind, asked.said("model"))
        try:
            return self._permitted(asked, kind, own_url)
        except Unacceptable as error:
            return self._not_taken(_invalid(asked, str(error)), kind, asked.said("model"))

    def _permitted(self, asked: Asked, kind: Kind, own_url: str) -> Reply:
        match kind:
            case Kind.START:
                return self._veo_start(asked) if asked.said("model") else self._omni_start(asked)
            case Kind.POLL:
                return self._veo_poll(asked) if asked.said("model") else self._omni_poll(asked)
            case Kind.CANCEL:
                return self._cancel(asked)
            case Kind.DOWNLOAD:
                return self._download(asked, own_url)
        model_id = asked.said("model")
        model = MODELS.get(model_id)
        if model is None or isinstance(model, FilmingModel):
            return self._not_taken(_not_found(asked, f"models/{model_id}"), kind, model_id)
        return replace(self.generating.reply(asked.json(), model), model=model_id)

    def _omni_start(self, asked: Asked) -> Reply:
        body = asked.json()
        model_id = text(body, "model")
        model = MODELS.get(model_id)
        is_here = not asked.is_vertex or asked.said("location") == OMNI_LOCATION
        if not isinstance(model, FilmingModel) or model.is_veo or not is_here:
            return self._not_taken(_not_found(asked, f"models/{model_id}"), Kind.START, model_id)
        call = omni.read_start(body, is_vertex=asked.is_vertex)
        begun = self.studio.begin(call, f"v1_{uuid.uuid4().hex}")
        return _begun(begun, call, body, omni.blocked, omni.told)

    def _veo_start(self, asked: Asked) -> Reply:
        model_id = asked.said("model")
        model = MODELS.get(model_id)
        if not isinstance(model, FilmingModel) or not model.is_veo or not asked.is_vertex:
            return self._not_taken(_not_found(asked, f"models/{model_id}"), Kind.START, model_id)
        body = asked.json()
        call = veo.read_start(body, model_id)
        place = f"projects/{asked.said('project')}/locations/{asked.said('location')}"
        name = f"{place}/publishers/google/models/{model_id}/operations/{uuid.uuid4()}"
        return _begun(self.studio.begin(call, name), call, body, veo.blocked, veo.told)

    def _omni_poll(self, asked: Asked) -> Reply:
        return self._looked(asked, asked.said("id"), omni.told, omni.elsewhere)

    def _veo_poll(self, asked: Asked) -> Reply:
        name = text(asked.json(), "operationName")
        demand(f"/models/{asked.said('model')}/operations/" in name, "Invalid operation name")
        return self._looked(asked, name, veo.told, veo.elsewhere)

    def _looked(
        self, asked: Asked, name: str, told: Callable[[Film], Json], elsewhere: Callable[[str], Json]
    ) -> Reply:
        film = self.studio.find(name)
        if film is None:
            return Reply(_not_found(asked, name), Kind.POLL, operation=name)
        look = self.studio.polls.next()
        answer = looked(look, Answer(200, told(film)), Answer(200, elsewhere(name)))
        return Reply(answer, Kind.POLL, film.call.model, operation=name, fault=look)

    def _cancel(self, asked: Asked) -> Reply:
        name, look = asked.said("id"), self.studio.cancels.next()
        film = self.studio.cancel(name, has_effect=not is_rejected(look))
        if film is None:
            return Reply(_not_found(asked, name), Kind.CANCEL, operation=name)
        answer = Answer(200, omni.told(film))
        return Reply(
            looked(look, answer, odd=answer), Kind.CANCEL, film.call.model, operation=name, fault=look
        )

    def _download(self, asked: Asked, own_url: str) -> Reply:
        """Send the caller to where the file really is, as the Gemini API does."""
        file_id = asked.said("id")
        if self.studio.find_file(file_id) is None:
            return Reply(_not_found(asked, f"files/{file_id}"), Kind.DOWNLOAD)
        look = self.studio.downloads.next()
        there = Answer(302, b"", {"Location": f"{own_url}/_stand_in/files/{file_id}"})
        return Reply(looked(look, there, odd=there), Kind.DOWNLOAD, fault=look)

    def _file(self, asked: Asked) -> Reply:
        file_id = asked.said("id")
        clip = self.studio.find_file(file_id)
        if clip is None:
            return Reply(_not_found(asked, f"files/{file_id}"), Kind.DOWNLOAD)
        return Reply(Answer(200, clip, {"Content-Type": "video/mp4"}), Kind.DOWNLOAD)

    def _not_taken(self, answer: Answer, kind: Kind, model: str) -> Reply:
        if kind is Kind.START:
            self.studio.not_taken(answer.code)
        return Reply(answer, kind, model)


def _kind(asked: Asked) -> Kind:
    """Tell what a call is for, as far as its path says."""
    verb = asked.said("verb")
    match asked.door, asked.method:
        case ((Door.FILE | Door.HANDED_OUT), "GET"):
            return Kind.DOWNLOAD
        case Door.MODEL, "POST":
            return {"predictLongRunning": Kind.START, "fetchPredictOperation": Kind.POLL}.get(
                verb, Kind.UNKNOWN
            )
        case Door.INTERACTIONS, "POST" if not asked.said("id"):
            return Kind.START
        case Door.INTERACTIONS, "POST" if verb:
            return Kind.CANCEL
        case Door.INTERACTIONS, "GET" if asked.said("id") and not verb:
            return Kind.POLL
    return Kind.UNKNOWN


def _begun(
    begun: Begun,
    call: ClipCall,
    body: Json,
    blocked: Callable[[str], Json],
    told: Callable[[Film], Json],
) -> Reply:
    if begun.rejection:
        answer = refusal(begun.rejection)
        if begun.rejection.status == "CONTENT_BLOCKED":
            answer = Answer(400, blocked(begun.rejection.message))
    else:
        answer = Answer(200, told(begun.film) if begun.film else {}, manner=begun.manner)
    return Reply(
        answer,
        Kind.START,
        call.model,
        prompt=call.prompt,
        images=tuple(map(digest, call.pictures)),
        settings=_settings(body),
        operation=begun.film.operation.name if begun.film else "",
        fault=begun.fault,
        billed=begun.film is not None,
    )


def _settings(body: Json) -> Mapping[str, object]:
    """Return what is asked for beside text and pictures, in the words of the wire."""
    found: dict[str, object] = {}
    for name in ("parameters", "response_format", "generation_config"):
        value = body.get(name)
        found |= value if isinstance(value, dict) else {}
    return found


def _not_found(asked: Asked, what: str) -> Answer:
    message = f"{what} is not found, or is not supported"
    if asked.door is Door.INTERACTIONS:
        return Answer(404, omni.error("not_found", message))
    return refusal(Rejection(404, "NOT_FOUND", message))


def _invalid(asked: Asked, message: str) -> Answer:
    if asked.door is Door.INTERACTIONS:
        return Answer(400, omni.error("invalid_request", message))
    return refusal(Rejection(400, "INVALID_ARGUMENT", message))
