"""A small program that shows what the engine of the tests can do. `fault` chooses what goes wrong in it."""

import pulumi
import pulumi_gcp as gcp

fault = pulumi.Config("ttv").require_object("deployment")["fault"]


class Shelf(pulumi.ComponentResource):
    """A bucket and who may read it."""

    def __init__(self, name: str) -> None:
        super().__init__("ttv:tiny:Shelf", name)
        own = pulumi.ResourceOptions(parent=self)
        bucket = gcp.storage.Bucket(f"{name}-bucket", name="ttv-shelf", location="EU", opts=own)
        reader = gcp.serviceaccount.Account(f"{name}-reader", account_id="ttv-reader", opts=own)
        number = gcp.organizations.get_project(project_id="a-project").number
        gcp.storage.BucketIAMMember(
            f"{name}-reader-reads",
            bucket=bucket.name,
            role="roles/storage.objectViewer",
            member=reader.email.apply(lambda email: f"serviceAccount:{email}"),
            opts=own,
        )
        gcp.storage.BucketObject(
            f"{name}-note",
            name=f"note-{number}.txt",
            bucket=bucket.name,
            source=pulumi.StringAsset("hello"),
            metadata={"key": pulumi.Output.secret("hidden")},
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        self.register_outputs({})


Shelf("shelf")
pulumi.export("fault", fault)
match fault:
    case "raises":
        raise ValueError("as was asked for")
    case "twice":
        Shelf("shelf")
    case "looks-up":
        gcp.organizations.get_folder(folder="folders/1")
    case "warns":
        pulumi.log.warn("something is deprecated")
    case "assumes":
        pulumi.export("assumed", gcp.storage.Bucket("other", location="EU").id.apply(str.upper))
    case "hides":
        gcp.storage.Bucket("other", location="EU").id.apply(lambda _: Shelf("hidden"))
    case "refused":
        gcp.storage.Bucket("other")
