"""What holds everywhere. Secrets and addresses come from the environment (README, Variables)."""

from __future__ import annotations

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

DEBUG = False
SECRET_KEY = env("SECRET_KEY", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PUBLIC_URL = env("PUBLIC_URL", default="http://127.0.0.1:8000")
PROVIDER_FEES_BORNE_BY = env("PROVIDER_FEES_BORNE_BY", default="organization")  # or "installation"
COLLECTOR_NAME = env("COLLECTOR_NAME", default="Forecourt")  # who collects the money, named on documents
OCPP_URL = env("OCPP_URL", default="ws://127.0.0.1:9000/ocpp")

INSTALLED_APPS = [
    "daphne",
    "whitenoise.runserver_nostatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "channels",
    "django_htmx",
    "drf_spectacular",
    "pgtrigger",
    "rest_framework",
    "core",
    "accounts",
    "stations",
    "payments",
    "scheduling",
    "ocpp_bridge",
    "demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.web"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.ui.context.page",
            ],
        },
    },
]

# --- where facts live ------------------------------------------------------------------------
DB_THREADS = env.int("DB_THREADS", default=8)
SIDE_BY_SIDE = True  # a sweep does as many at once
DATABASES = {
    "default": env.db("DATABASE_URL", default="postgres://forecourt@/forecourt?host=/run/postgresql")
}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "pool": {"min_size": 1, "max_size": DB_THREADS + 4, "timeout": 10},
}
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True  # PgBouncer in transaction mode
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- hints and queues ------------------------------------------------------------------------
REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
NUDGE_CHANNEL = env("NUDGE_CHANNEL", default="forecourt:nudges")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CELERY_BROKER_URL = env("CELERY_BROKER_URL", default=REDIS_URL.replace("unix://", "redis+socket://", 1))
OUTBOX_WAKES = True

# --- wiring: who listens, who decides ----------------------------------------------------------
EVENT_HANDLERS = "config.wiring.EVENT_HANDLERS"
AUTHORIZATION_CHECKS = [
    "stations.services.authorization.token_is_valid",
    "scheduling.authorization.evse_is_not_kept_for_someone_else",
    "payments.authorization.account_can_pay",
]
COMMAND_TRANSLATOR = "ocpp_bridge.translating.TRANSLATOR"
FAILED_CONNECTIONS = "ocpp_bridge.doorstep.failed_connections"
TARIFF_CHOICES = "payments.selectors.choices.tariff_choices"
# what files of other systems can bring -> who reads it (stations/importing/kinds.py)
IMPORTERS = {
    "stations": "stations.services.station_rows.IMPORTER",
    "tokens": "stations.services.token_rows.IMPORTER",
    "tariffs": "payments.services.tariff_rows.IMPORTER",
}
# vendor id, in lower case -> dotted name of a function (stations.services.notices.receive_data)
VENDOR_DATA_HANDLERS: dict[str, str] = {}
ATTENTION_SOURCES = [
    "payments.attention.settlements",
    "payments.attention.disputes",
    "payments.attention.refunds",
    "payments.attention.discrepancies",
    "payments.attention.hopeless_debts",
    "scheduling.attention.power_out_of_reach",
    "scheduling.attention.lost_stalls",
]
BEFORE_REMOTE_START = ["scheduling.services.arrivals.clear_the_way"]

PERSON_ERASERS = [
    "stations.services.privacy.erase_person",
    "payments.services.privacy.erase_person",
    "scheduling.services.saved.erase_person",
]

# --- people ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "accounts.allauth_adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
STATION_SECRET_KEY = env("STATION_SECRET_KEY", default=SECRET_KEY)

# --- the chargers' door (docs/security-profiles.md); certificates and keys: a PEM text or a path ------
STATION_CA_CERT = env("STATION_CA_CERT", default="")
STATION_CA_KEY = env("STATION_CA_KEY", default="")
CERTIFICATE_SIGNER = "stations.services.certificates.receive_request"
STATION_CERTIFICATE_DAYS = env.int("STATION_CERTIFICATE_DAYS", default=365)
STATION_TRUSTED_CAS = env("STATION_TRUSTED_CAS", default="")  # makers whose certificates are accepted too
ISO15118_URL = env("ISO15118_URL", default="")  # who keeps the keys of contracts; empty: nobody
ISO15118_KEY = env("ISO15118_KEY", default="")
ISO15118_PROVIDER = "stations.services.contract_provider.PROVIDER" if ISO15118_URL else ""
BRIDGE_TLS_CERT = env("BRIDGE_TLS_CERT", default="")  # with its chain; empty: no TLS port
BRIDGE_TLS_KEY = env("BRIDGE_TLS_KEY", default="")
BRIDGE_TLS_CERT_2 = env("BRIDGE_TLS_CERT_2", default="")  # of the other kind: one ECDSA, one RSA
BRIDGE_TLS_KEY_2 = env("BRIDGE_TLS_KEY_2", default="")
BRIDGE_TLS_HOST = env("BRIDGE_TLS_HOST", default="127.0.0.1")
BRIDGE_TLS_PORT = env.int("BRIDGE_TLS_PORT", default=9443)
BRIDGE_TRUSTED_PROXIES = env.list("BRIDGE_TRUSTED_PROXIES", default=[])  # addresses or networks
BRIDGE_CLIENT_CERT_HEADER = env("BRIDGE_CLIENT_CERT_HEADER", default="X-Client-Cert")

# --- money -------------------------------------------------------------------------------------
STRIPE_API_BASE = env("STRIPE_API_BASE", default="")
STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET", default="")
PAYEE_ORIGIN = "https://connect.stripe.com"  # where site hosts say who they are
CHECKOUT_ORIGIN = env("CHECKOUT_ORIGIN", default="https://checkout.stripe.com")

# --- words and files ---------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # those whose catalog is whole
FORMAT_MODULE_PATH = ["core.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
# firmware for stations and logs from them; every web process and the worker see the same directory
_STATE = Path(env("FORECOURT_STATE_DIRECTORY", default=str(BASE_DIR / "var")))
FILES_ROOT = env("FILES_ROOT", default=str(_STATE / "files"))
FILES_URL = env("FILES_URL", default=PUBLIC_URL)  # how stations reach the web role
FIRMWARE_MAX_BYTES = env.int("FIRMWARE_MAX_BYTES", default=512 * 1024 * 1024)
LOGS_MAX_BYTES = env.int("LOGS_MAX_BYTES", default=128 * 1024 * 1024)
LOGS_KEPT_DAYS = env.int("LOGS_KEPT_DAYS", default=90)
JOURNAL_DAYS = env.int("JOURNAL_DAYS", default=30)  # the recorded conversations with stations
READINGS_KEPT_DAYS = env.int("READINGS_KEPT_DAYS", default=400)
EVENTS_KEPT_DAYS = env.int("EVENTS_KEPT_DAYS", default=90)
RECORDS_NEEDED_SINCE = ["payments.selectors.unbilled.needed_since"]
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Forecourt <hello@forecourt.example>")

# --- safety ------------------------------------------------------------------------------------
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"  # map tile servers refuse an empty one
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "core.ui.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'", CHECKOUT_ORIGIN, PAYEE_ORIGIN],
        "frame-ancestors": ["'none'"],
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api_access.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.api_access.HasScope",
    ],
    "DEFAULT_PAGINATION_CLASS": "core.rest.paging.CursorPages",
    "DEFAULT_FILTER_BACKENDS": ["core.rest.filters.NamedFilters"],
    "PAGE_SIZE": 50,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api_access.Rate"],
}
API_RATES = {  # requests a minute of each token or person
    "read": env.int("API_READS_PER_MINUTE", default=1200),
    "write": env.int("API_WRITES_PER_MINUTE", default=600),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Forecourt API",
    "DESCRIPTION": "Charging stations, sessions, bookings and what they cost. Names after OCPI 2.3.0 "
    "where it has one; instants in UTC, energy in Wh, power in W, money as decimal strings.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "KindEnum": "stations.serializers.commands.KIND_NAMES",
        "FileKindEnum": "stations.models.StoredFile.Kind",
        "TransferKindEnum": "stations.models.StationTransfer.Kind",
        "ImportKindEnum": "stations.serializers.moving.KINDS",
        "TokenTypeEnum": "accounts.models.IdToken.Type",
        "PlugEnum": "stations.models.Connector.Standard",
        "SettableTokenStatusEnum": "accounts.serializers.SETTABLE",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "stations.api.description.describe_kinds",
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {"fontTools": {"level": "WARNING"}},  # tells of each font that goes into a PDF
}
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # unique ignoring case, by a constraint on lower(email)
