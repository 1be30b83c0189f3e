"""Files of my networks: firmware to give out, logs that came in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, parsers, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import permissions
from accounts.api_access import caller, organization_for
from core.rest.filters import Choice, Filters, Instant, Text
from core.rest.views import Conflict, demand, read
from stations.models import StoredFile
from stations.serializers.reports import FileSerializer, FirmwareRequest
from stations.services import file_store, files
from stations.services.signatures import BadSignature


class FileViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[StoredFile],
):
    """Firmware images and the logs of my stations."""

    scope = "stations"
    serializer_class = FileSerializer
    queryset = StoredFile.objects.none()
    lookup_field = "file_id"
    lookup_value_converter = "uuid"
    parser_classes = (parsers.MultiPartParser,)
    ordering = ("-created_at", "-pk")
    filters: ClassVar[Filters] = {
        "kind": Choice("kind", words=StoredFile.Kind.values),
        "station": Text("station__identity", "whose log"),
        "name": Text("name__iexact"),
        "version": Text("version"),
        "vendor": Text("vendor__iexact"),
        "model": Text("model__iexact"),
        "sha256": Text("sha256__iexact"),
        "created_from": Instant("created_at__gte"),
        "created_until": Instant("created_at__lt"),
    }

    def get_queryset(self) -> QuerySet[StoredFile]:
        visible = StoredFile.objects.visible_to(self.request.user)
        return visible.select_related("station", "uploaded_by", "organization")

    @extend_schema(request={"multipart/form-data": FirmwareRequest}, responses={201: FileSerializer})
    def create(self, request: Request) -> Response:
        """Keep a firmware image. The command `update_firmware` gives it out with `file:<id>` as its url."""
        user = caller(request)
        organization = organization_for(user, None)
        demand(permissions.may_manage_hardware(user, organization))
        asked = read(FirmwareRequest, request)
        image = asked.pop("image")
        kept = _keep(organization=organization, name=image.name, chunks=image.chunks(), actor=user, **asked)
        return Response(FileSerializer(kept).data, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: StoredFile) -> None:
        user = caller(self.request)
        demand(permissions.may_manage_hardware(user, instance.organization))
        try:
            files.discard(file=instance, actor=user)
        except files.FileInUse as needed:
            raise Conflict("A station may still fetch it.") from needed


def _keep(**given: Any) -> StoredFile:
    """Raises ValidationError, per member."""
    try:
        return files.keep_firmware(**given)
    except files.WrongHash as wrong:
        raise serializers.ValidationError({"sha256": [_("The upload has another one.")]}) from wrong
    except BadSignature as wrong:
        raise serializers.ValidationError({"signature": [str(wrong)]}) from wrong
    except (file_store.TooLarge, file_store.Empty) as wrong:
        raise serializers.ValidationError(
            {"image": [_("It is empty, or larger than this system takes.")]}
        ) from wrong
