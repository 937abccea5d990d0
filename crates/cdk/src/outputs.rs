//! Outputs of a stack.

use crate::contents::NamedBlock;
use crate::expr::{Expr, Key, Target};
use crate::stack::Stack;
use crate::value::Val;

/// What an output has besides its value.
///
/// ```
/// use oleoduto_cdk::{Output, func};
/// let output = Output::new().description("the zone").precondition(func::ne::<String>("x", ""), "there is no zone");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Output {
    description: Option<String>,
    is_sensitive: bool,
    depends_on: Vec<Target>,
    preconditions: Vec<Expr>,
}

impl Output {
    /// Nothing besides a value.
    pub fn new() -> Self {
        Self::default()
    }

    /// The description.
    #[must_use]
    pub fn description(mut self, text: &str) -> Self {
        self.description = Some(text.to_owned());
        self
    }

    /// Terraform must not print it.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.is_sensitive = true;
        self
    }

    /// The value is not read before this block is applied.
    #[must_use]
    pub fn depends_on(mut self, target: &impl AsRef<Target>) -> Self {
        self.depends_on.push(target.as_ref().clone());
        self
    }

    /// The plan fails with the message when the condition is false.
    #[must_use]
    pub fn precondition(mut self, condition: impl Into<Val<bool>>, message: &str) -> Self {
        let condition = [("condition", condition.into().into_expr()), ("error_message", message.into())];
        self.preconditions.push(Expr::of_pairs(condition));
        self
    }
}

impl Stack {
    /// Declare an output. An output of a sensitive value is sensitive.
    pub fn output(&mut self, name: &str, value: impl Into<Expr>) {
        self.output_with(name, value, Output::new());
    }

    /// Declare an output that Terraform must not print.
    pub fn sensitive_output(&mut self, name: &str, value: impl Into<Expr>) {
        self.output_with(name, value, Output::new().sensitive());
    }

    /// Declare an output with a description, dependencies or preconditions.
    pub fn output_with(&mut self, name: &str, value: impl Into<Expr>, output: Output) {
        let value = value.into();
        let is_sensitive = output.is_sensitive || value.is_sensitive();
        let mut body: Vec<(Key, Expr)> = vec![("value".into(), value)];
        if is_sensitive {
            body.push(("sensitive".into(), true.into()));
        }
        if let Some(text) = output.description {
            body.push(("description".into(), text.into()));
        }
        if !output.depends_on.is_empty() {
            let place = format!("{}/output.{name}", self.name());
            let help = "`depends_on` works only within one stack: output one of its attributes";
            output.depends_on.iter().for_each(|target| self.report_foreign(&place, "depends_on", target, help));
            body.push(("depends_on".into(), Expr::addresses(&output.depends_on)));
        }
        if !output.preconditions.is_empty() {
            body.push(("precondition".into(), Expr::Array(output.preconditions)));
        }
        self.check_name("output", name);
        self.add_named("output", name, NamedBlock::unscoped(name, body));
    }
}
