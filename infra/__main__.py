"""The whole system on Google Cloud: what `pulumi up` makes. Composition only."""

import pulumi
import pulumi_gcp as gcp

from infra.archives import REPOSITORY, Variant, build_archive
from infra.components.budget import Budget, BudgetArgs
from infra.components.cdn import CdnArgs, signing_key
from infra.components.database import Database, DatabaseArgs
from infra.components.edge import Edge, EdgeArgs
from infra.components.function import Function, FunctionArgs
from infra.components.function_image import FunctionImage, FunctionImageArgs
from infra.components.google_models import GoogleModels, GoogleModelsArgs
from infra.components.identities import Identities, IdentitiesArgs, member
from infra.components.media import Media, MediaArgs
from infra.components.monitoring import Monitoring, MonitoringArgs
from infra.components.project_services import ProjectServices, ProjectServicesArgs
from infra.components.queues import Queues, QueuesArgs
from infra.components.schedule import Schedule, ScheduleArgs
from infra.components.secret import Secret, SecretArgs
from infra.components.sources import Sources, SourcesArgs
from infra.config import Deployment
from infra.environment import Found, as_file, environment_of, url_of
from infra.services import FINALIZE, KEYFRAMES, RENDER, RENDER_GPU, SUBMIT, Service

ARCHIVES = REPOSITORY / ".local" / "deploy"

deployment = Deployment.of_stack()

enabled = ProjectServices("google-services", ProjectServicesArgs(deployment.project))
google = gcp.Provider(
    "google",
    project=deployment.project,
    region=deployment.region,
    billing_project=deployment.project,
    user_project_override=True,
    default_labels={"app": "ttv", "stack": pulumi.get_stack()},
    opts=pulumi.ResourceOptions(depends_on=[enabled]),
)
on_google = pulumi.ResourceOptions(provider=google)  # and so after its services are enabled
project_number = gcp.organizations.get_project_output(
    project_id=deployment.project, opts=pulumi.InvokeOutputOptions(provider=google)
).number

identities = Identities(
    "identities",
    IdentitiesArgs(deployment.services, signers=() if deployment.cdn else (SUBMIT,)),
    on_google,
)
members = {name: member(account) for name, account in identities.services.items()}


def only(*services: Service) -> dict[str, pulumi.Output[str]]:
    """Choose, of those services that there are, the members."""
    return {service.name: members[service.name] for service in services if service.name in members}


database = Database("database", DatabaseArgs(deployment.region, members), on_google)
media = Media(
    "media", MediaArgs(deployment.project, deployment.region, members, deployment.cors_origins), on_google
)
sources = Sources(
    "sources",
    SourcesArgs(deployment.project, deployment.region, member(identities.build), only(RENDER_GPU)),
    on_google,
)
google_models = GoogleModels(
    "google-models",
    GoogleModelsArgs(
        deployment.project,
        only(KEYFRAMES, RENDER) if deployment.calls_google else {},
        pulumi.Config("ttv").require_secret("googleApiKey") if deployment.gemini_api else None,
    ),
    on_google,
)
queues = Queues(
    "queues",
    QueuesArgs(
        deployment.location,
        dispatches={
            service.name: service.concurrency * deployment.size_of(service).max_instances
            for service in deployment.services
            if service.has_queue
        },
        enqueuers=members,
        readers=only(SUBMIT, FINALIZE),
    ),
    on_google,
)

secrets: dict[Service, dict[str, Secret]] = {service: {} for service in deployment.services}
if google_models.key:
    secrets[KEYFRAMES]["TTV_GOOGLE_API_KEY"] = secrets[RENDER]["TTV_GOOGLE_API_KEY"] = google_models.key
cdn: CdnArgs | None = None
if deployment.cdn:
    key = signing_key("cdn-key")
    secrets[SUBMIT]["TTV_CDN_KEY"] = Secret("cdn-key-secret", SecretArgs(key, only(SUBMIT)), on_google)
    cdn = CdnArgs(media.bucket, key, project_number)

variants = {service: Variant.GPU if service.has_gpu else Variant.PLAIN for service in deployment.services}
archives = {
    variant.of(service.stage): build_archive(service.stage, ARCHIVES, variant=variant)
    for service, variant in variants.items()
}
images = {
    name: FunctionImage(
        f"{name}-image",
        FunctionImageArgs(
            archive=archive,
            project=deployment.project,
            region=deployment.region,
            bucket=sources.bucket,
            repository=sources.images,
            builder=identities.build.id,
        ),
        on_google,
    )
    for name, archive in archives.items()
}
found = Found(project_number, media.bucket, identities.invoker.email, sources.models_bucket)
functions: dict[Service, Function] = {}
for service in deployment.services:  # submit comes last, and only once the workers it hands work to are there
    functions[service] = Function(
        service.name,
        FunctionArgs(
            service=service,
            image=images[variants[service].of(service.stage)],
            size=deployment.size_of(service),
            region=deployment.region,
            account=identities.services[service.name].email,
            environment=environment_of(service, deployment, found),
            secrets=secrets[service],
            callers={"invoker": member(identities.invoker)} if service.has_queue else {},
            gpu=deployment.gpu,
            models_bucket=sources.models_bucket,
            weights_cache=deployment.weights_cache,
        ),
        pulumi.ResourceOptions(
            provider=google,
            depends_on=[
                identities,  # and what they may do
                database,
                media,
                queues,
                google_models,
                *(functions.values() if service == SUBMIT else ()),
            ],
        ),
    )

Schedule(
    "schedule",
    ScheduleArgs(deployment.location, url_of(FINALIZE, deployment, project_number), identities.invoker.email),
    pulumi.ResourceOptions(provider=google, depends_on=[functions[FINALIZE]]),
)
edge = Edge(
    "edge",
    EdgeArgs(
        region=deployment.region,
        domain=deployment.domain,
        service_name=functions[SUBMIT].service_name,
        requests_per_minute=deployment.limits.requests_per_minute,
        enforce_waf=deployment.enforce_waf,
        cdn=cdn,
    ),
    on_google,
)
monitoring = Monitoring(
    "monitoring",
    MonitoringArgs(
        project=deployment.project,
        region=deployment.region,
        domain=deployment.domain,
        services=deployment.services,
        queues=tuple(service.name for service in deployment.services if service.has_queue),
        alerts=deployment.alerts,
    ),
    on_google,
)
if deployment.budget:
    Budget(
        "budget",
        BudgetArgs(deployment.budget, project_number, list(monitoring.channels.values())),
        on_google,
    )

pulumi.export("url", edge.url)
pulumi.export(
    "dnsRecords",
    [
        {"name": f"{deployment.domain}.", "type": "A", "data": edge.ipv4},
        {"name": f"{deployment.domain}.", "type": "AAAA", "data": edge.ipv6},
        edge.dns_record,
    ],
)
pulumi.export("environment", as_file(environment_of(FINALIZE, deployment, found)))
pulumi.export("dashboard", monitoring.dashboard_url)
