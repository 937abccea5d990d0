"""`oleoduto add` and `bindings`: any Rust project, with the user's own Terraform. test_release.py has what `new` makes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from crate_kit import PROFILES, oleoduto, run, succeed, validate
from project import ROOT

# The features of the repository: cargo leaves a program out of a program, but chooses features as if it were there.
SAME_FEATURES = f'[dependencies.oleoduto]\npath = "{ROOT}"\n'
MAIN = """mod helpers;
#[rustfmt::skip]
mod bindings;

use bindings::aws::{data_region::RegionData, ephemeral_secretsmanager_random_password::SecretsmanagerRandomPasswordEphemeral};
use bindings::aws::{provider::AwsProvider, secretsmanager_secret_version::SecretsmanagerSecretVersion, sqs_queue::SqsQueue};
use bindings::modules::names::Names;
use bindings::terraform::{data::Data, provider_functions::encode_expr};
use oleoduto_cdk::{App, Backend, Expr};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut app = App::new();
    let stack = app.stack("s", Backend::Local { path: "s.tfstate".into() });
    stack.provider(AwsProvider::builder().region(helpers::REGION).build());
    let region = stack.data("here", RegionData::builder().build());
    stack.add("note", Data::builder().input(Expr::from(region.name())).build());
    let names = stack.module("names", Names::builder().project("shop").build());
    stack.add("orders", SqsQueue::builder().name_prefix(names.name()).build());
    let password = stack.ephemeral("orders", SecretsmanagerRandomPasswordEphemeral::builder().password_length(40).build());
    let secret = SecretsmanagerSecretVersion::builder().secret_id("orders").secret_string_wo(password.random_password());
    stack.add("orders", secret.secret_string_wo_version(1).build());
    let _ = encode_expr(Expr::from(1));
    app.synth()?.write(std::path::Path::new("cdktf.out"))?;
    Ok(())
}
"""


NAMES = """variable "project" { type = string }
variable "parts" {
  type    = list(string)
  default = []
}
output "name" { value = "${var.project}-" }
"""


def sources(folder: Path) -> dict[str, str]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def crate(binary: Path, tmp_path: Path) -> Path:
    """A crate of a user, with two sources of its own."""
    assert binary.is_file()
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.rs").write_text("mod helpers;\nfn main() {}\n")
    (tmp_path / "src" / "helpers.rs").write_text('pub const REGION: &str = "eu-west-1";\n')
    (tmp_path / "Cargo.toml").write_text(
        '[package]\nname = "outsider"\nversion = "0.1.0"\nedition = "2024"\n\n[dependencies]\n'
        f'bon = "3"\noleoduto-cdk = {{ path = "{ROOT}/crates/cdk" }}\n\n{SAME_FEATURES}\n[workspace]\n\n{PROFILES}'
    )
    shutil.copyfile(ROOT / "Cargo.lock", tmp_path / "Cargo.lock")
    return tmp_path


def test_bindings_of_two_providers_in_a_crate_of_a_user(crate: Path) -> None:
    """Added, compiled without a warning, synthesized, validated by Terraform, checked, and renewed."""
    added = oleoduto(crate, "add", "terraform.io/builtin/terraform", "terraform_data", "function.encode_expr")
    assert added.returncode == 0, added.stderr
    assert "next: add to src/main.rs:\n  #[rustfmt::skip]\n  mod bindings;" in added.stdout, added.stdout
    version = ("--provider-version", "5.100.0")
    added = oleoduto(crate / "src", "add", "hashicorp/aws", "aws_sqs_queue", *version)
    assert added.returncode == 0, added.stderr
    assert "hashicorp/aws 5.100.0: 3 files in src/bindings/aws, 3 changed" in added.stdout, added.stdout
    assert "stack.provider(bindings::aws::provider::AwsProvider::builder().build());" in added.stdout
    assert "resource identities have no bindings: aws_" in added.stderr or added.stderr == "", added.stderr
    # The version is pinned, and the types that were added before stay.
    secret = ("aws_secretsmanager_secret_version", "ephemeral.aws_secretsmanager_random_password")
    added = oleoduto(crate, "add", "aws", "data.aws_region", *secret)
    assert added.returncode == 0, added.stderr
    assert (
        'version = "5.100.0"\nresources = [\n    "aws_secretsmanager_secret_version",\n    "aws_sqs_queue",\n]\n'
        'data_sources = [\n    "aws_region",\n]\n'
        'ephemeral_resources = [\n    "aws_secretsmanager_random_password",\n]\n' in (crate / "bindings.toml").read_text()
    )
    assert (
        'provider "registry.terraform.io/hashicorp/aws" {\n  version     = "5.100.0"'
        in (crate / ".terraform.lock.hcl").read_text()
    )
    (crate / "modules" / "names").mkdir(parents=True)
    (crate / "modules" / "names" / "main.tf").write_text(NAMES)
    added = oleoduto(crate, "add", "--module", "./modules/names")
    assert added.returncode == 0, added.stderr
    assert "the module is in bindings::modules::names" in added.stdout, added.stdout
    (crate / "src" / "main.rs").write_text(MAIN)
    ran = run(crate, "cargo", "run", "-q")
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
    validate(crate / "cdktf.out" / "stacks" / "s")
    assert oleoduto(crate, "bindings", "check").stdout == "12 files, up to date\n"
    # A change by hand is found, named and undone.
    queue = crate / "src" / "bindings" / "aws" / "sqs_queue.rs"
    text = queue.read_text()
    queue.write_text(text.replace("delay_seconds", "delay"))
    checked = oleoduto(crate, "bindings", "check")
    assert checked.returncode == 1
    assert "(src/bindings/aws/sqs_queue.rs): run `oleoduto bindings write`" in checked.stderr, checked.stderr
    assert oleoduto(crate, "bindings", "write").stdout == "12 files, 1 changed\n"
    assert queue.read_text() == text


def test_a_schema_in_a_file_needs_no_terraform(crate: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Added, checked and renewed with a Terraform that does not exist; what the file does not say must be given."""
    folder = tmp_path_factory.mktemp("schema")
    required = {"terraform": {"required_providers": {"terraform": {"source": "terraform.io/builtin/terraform"}}}}
    (folder / "versions.tf.json").write_text(json.dumps(required))
    succeed(folder, "terraform", "init", "-input=false")
    file = folder / "schema.json"
    file.write_text(succeed(folder, "terraform", "providers", "schema", "-json"))

    def offline(*arguments: str) -> subprocess.CompletedProcess[str]:
        return oleoduto(crate, "--terraform", str(folder / "none"), *arguments, "--schema", str(file))

    before = sources(crate)
    unknown = offline("add", "terraform.io/builtin/terraform", "terraform_data")
    assert "which version of terraform.io/builtin/terraform it describes: give --provider-version" in unknown.stderr
    other = offline("add", "hashicorp/random", "random_string", "--provider-version", "3.6.0")
    assert "does not describe registry.terraform.io/hashicorp/random; it has: terraform.io/builtin/terraform" in other.stderr
    assert sources(crate) == before
    added = offline("add", "terraform.io/builtin/terraform", "terraform_data", "--provider-version", "1.11.4")
    assert added.returncode == 0, added.stderr
    assert offline("bindings", "check").stdout == "3 files, up to date\n"
    data = crate / "src" / "bindings" / "terraform" / "data.rs"
    text = data.read_text()
    data.write_text(f"{text}// mine\n")
    assert "(src/bindings/terraform/data.rs)" in offline("bindings", "check").stderr
    assert offline("bindings", "write").stdout == "3 files, 1 changed\n"
    assert data.read_text() == text
    file.write_text("{}")
    broken = offline("bindings", "check")
    assert "schema.json is no schema: write it with `terraform providers schema -json`" in broken.stderr, broken.stderr


def test_a_module_of_a_repository_is_pinned_and_checked(crate: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Terraform fetches it; another revision is found by `bindings check`, and a source without a revision is refused."""
    repository = tmp_path_factory.mktemp("modules") / "names"
    repository.mkdir()

    def commit(text: str, tag: str) -> None:
        (repository / "main.tf").write_text(text)
        for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", tag), ("tag", tag)):
            succeed(repository, "git", "-c", "user.name=A", "-c", "user.email=a@example.com", *words)

    commit(NAMES, "v1")
    commit(NAMES.replace("parts", "words"), "v2")
    source = f"git::file://{repository}"
    unpinned = oleoduto(crate, "add", "--module", source)
    assert unpinned.returncode == 1
    assert "names no revision, so that it may change: add `?ref=REVISION`" in unpinned.stderr, unpinned.stderr
    added = oleoduto(crate, "add", "--module", f"{source}?ref=v1", "--as", "site")
    assert added.returncode == 0, added.stderr
    assert f'[modules.site]\nsource = "{source}?ref=v1"\n' in (crate / "bindings.toml").read_text()
    binding = crate / "src" / "bindings" / "modules" / "site.rs"
    assert "parts: Option<Val<List<String>>>" in binding.read_text()
    assert oleoduto(crate, "bindings", "check").stdout == "3 files, up to date\n"
    file = crate / "bindings.toml"
    file.write_text(file.read_text().replace("ref=v1", "ref=v2") + '\n[modules.site.outputs]\nname = "oleoduto_cdk::Any"\n')
    checked = oleoduto(crate, "bindings", "check")
    assert checked.returncode == 1
    assert "(src/bindings/modules/site.rs): run `oleoduto bindings write`" in checked.stderr, checked.stderr
    assert oleoduto(crate, "bindings", "write").stdout == "3 files, 1 changed\n"
    assert "words: Option<Val<List<String>>>" in binding.read_text()
    missing = oleoduto(crate, "add", "--module", f"{source}-of-nobody?ref=v1")
    assert "can't be fetched: correct its source or version" in missing.stderr, missing.stderr
    empty = oleoduto(crate, "add", "--module", "./src")
    assert "has no file that ends in .tf or .tf.json" in empty.stderr, empty.stderr
    assert oleoduto(crate, "bindings", "check").stdout == "3 files, up to date\n"


def test_what_can_not_be_bound_is_refused_and_nothing_is_written(crate: Path) -> None:
    """A misspelled type, no type, a provider that does not exist, a folder with other sources, no crate."""
    before = sources(crate)

    def refusal(*arguments: str, folder: Path = crate) -> str:
        done = oleoduto(folder, *arguments)
        assert done.returncode != 0, done.stdout
        return done.stderr

    builtin = "terraform.io/builtin/terraform"
    assert "is `data.terraform_remote_state` meant, a data source?" in refusal("add", builtin, "terraform_remote_state")
    assert "is `terraform_data` meant, a resource?" in refusal("add", builtin, "terraform_dat")
    assert "no types are named: give some, or --all" in refusal("add", builtin)
    assert "`a/b/c/d` is not the address of a provider" in refusal("add", "a/b/c/d", "x")
    unknown = refusal("add", "acme/nothing", "nothing_x")
    assert "provider registry.terraform.io/acme/nothing can't be installed" in unknown, unknown
    assert "terraform init" in unknown, unknown
    assert "names no provider and no module: run `oleoduto add`" in refusal("bindings", "check")
    assert sources(crate) == before
    (crate / "src" / "bindings").mkdir()
    (crate / "src" / "bindings" / "mod.rs").write_text("//! Mine.\n")
    before = sources(crate)
    assert "did not write (mod.rs)" in refusal("add", builtin, "terraform_data")
    assert sources(crate) == before
    assert "there is no Cargo.toml in" in refusal("add", builtin, "terraform_data", folder=Path("/"))


def test_a_new_project_needs_a_name_that_cargo_and_aws_accept(binary: Path, tmp_path: Path) -> None:
    """And a source of the engine that exists."""
    assert binary.is_file()
    refused = oleoduto(tmp_path, "new", "My_Orders")
    assert "`My_Orders` is no name of a project" in refused.stderr, refused.stderr
    refused = oleoduto(tmp_path, "new", "orders", "--engine", str(tmp_path))
    assert "is no checkout of Oleoduto" in refused.stderr, refused.stderr
    assert list(tmp_path.iterdir()) == []
