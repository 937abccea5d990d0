//! `explain`: what a stack or a resource is for, what uses it, who may touch it, what it costs.

mod access;
mod reference;
mod resolve;
mod world;

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use oleoduto_runner::Cost;

use crate::program::Program;
use crate::synth::OUT;
use world::{Found, Member, World};

/// Explain a stack or a resource: what it is for, what uses it, who may touch it, what it costs
///
/// All of it comes from the program: nothing is asked of AWS, and no state is read.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  PROGRAM explain s3\n  PROGRAM explain s3.aws_s3_bucket.data\n  PROGRAM explain aws_iam_role.glue"
)]
pub struct ExplainArgs {
    /// Name of a stack, or address of a resource: STACK.TYPE.NAME or TYPE.NAME
    name: String,
}

impl ExplainArgs {
    /// Prints the explanation.
    ///
    /// # Errors
    /// The mistakes in the stacks; nothing has this name, or several have.
    pub async fn run(self, program: &impl Program) -> anyhow::Result<ExitCode> {
        let settings = program.settings_to_show(Path::new(OUT)).await?;
        let output = program.synthesize(&settings)?;
        let world = World::new(&output, &program.owner(&settings))?;
        let costs = |stack: &str| -> anyhow::Result<String> {
            Ok(program.run_rules(&settings)?.costs.get(stack).map(|costs| in_words(costs)).unwrap_or_default())
        };
        let lines = match world.find(&self.name) {
            Found::Stack(stack) => of_stack(&world, stack, program.purpose(stack), &costs(stack)?),
            Found::Resource(member) => of_resource(&world, member, &costs(&member.stack)?)?,
            Found::Several(members) => {
                bail!(
                    "several resources are `{}`: choose one of {}",
                    self.name,
                    named(members.iter().map(|member| member.full()))
                )
            }
            Found::Nothing => bail!(
                "no stack and no resource is `{}`; the stacks are {}. `explain STACK` lists the resources of one",
                self.name,
                named(world.stacks.keys().cloned())
            ),
        };
        for (what, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
            outln!("{what:<10} {text}");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What a line is about, and what it says. A line of several has the first word once.
type Lines = Vec<(&'static str, String)>;

fn of_stack(world: &World, stack: &str, purpose: Option<&str>, costs: &str) -> Lines {
    let mut lines = vec![("stack", stack.to_owned()), ("for", purpose.unwrap_or_default().to_owned())];
    lines.push(("uses", world.stacks.get(stack).map(|uses| uses.join(", ")).unwrap_or_default()));
    let users = world.stacks.iter().filter(|(_, uses)| uses.iter().any(|used| used == stack));
    lines.push(("used by", users.map(|(name, _)| name.clone()).collect::<Vec<_>>().join(", ")));
    lines.push(("costs", costs.to_owned()));
    let members = world.members.iter().filter(|member| member.stack == stack);
    lines.extend(list("resources", members.map(|member| format!("{}{}", member.address(), described(member)))));
    lines
}

fn of_resource(world: &World, member: &Member, costs: &str) -> anyhow::Result<Lines> {
    let mut lines = vec![("resource", member.address()), ("stack", member.stack.clone())];
    lines.push(("for", member.description().unwrap_or_default().to_owned()));
    let arn = resolve::arn(world, member);
    lines.push(("arn", arn.clone().unwrap_or_default()));
    lines.extend(list("uses", world.uses(member).into_iter().map(|used| seen_from(used, &member.stack))));
    lines.extend(list("used by", world.users(member).into_iter().map(|user| seen_from(user, &member.stack))));
    if let Some(arn) = arn {
        let may = access::of(world, &arn)?;
        let nobody = may.is_empty().then(|| "no role of these stacks".to_owned());
        lines.extend(list("touched by", may.into_iter().chain(nobody)));
    }
    lines.push(("kept", kept(member)));
    if !costs.is_empty() {
        lines.push(("costs", format!("its stack: {costs}")));
    }
    Ok(lines)
}

/// Lines below each other, the first of which says what they are.
fn list(what: &'static str, texts: impl Iterator<Item = String>) -> impl Iterator<Item = (&'static str, String)> {
    texts.enumerate().map(move |(number, text)| (if number == 0 { what } else { "" }, text))
}

fn named(names: impl Iterator<Item = String>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn described(member: &Member) -> String {
    member.description().map(|text| format!(": {text}")).unwrap_or_default()
}

fn seen_from(member: &Member, stack: &str) -> String {
    if member.stack == stack { member.address() } else { member.full() }
}

/// What keeps a resource or its data when the stack is destroyed.
fn kept(member: &Member) -> String {
    let set = |key: &str| member.arguments[key].as_bool();
    if member.arguments["lifecycle"]["prevent_destroy"].as_bool() == Some(true) {
        return "Terraform refuses to destroy it (prevent_destroy)".to_owned();
    }
    match [set("force_destroy"), set("force_delete")] {
        [Some(false), _] | [_, Some(false)] => "`destroy` refuses while something is in it".to_owned(),
        [Some(true), _] | [_, Some(true)] => "`destroy` deletes what is in it".to_owned(),
        _ => String::new(),
    }
}

fn in_words(costs: &[Cost]) -> String {
    let cost =
        |cost: &Cost| format!("{:.2} US$ per {}{}", cost.usd, cost.per, if cost.certain { "" } else { " (to be verified)" });
    costs.iter().map(cost).collect::<Vec<_>>().join(", ")
}
