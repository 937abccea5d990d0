//! Who decides about changes.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use oleoduto_runner::{Approval, StackReport};

use crate::interrupts::asking;
use crate::show;

/// `--yes`, a person on a terminal, or nobody.
pub fn approval(yes: bool, json: bool, question: &'static str) -> Approval {
    if yes {
        return Approval::Given;
    }
    if json || !std::io::stdin().is_terminal() {
        return Approval::Nobody;
    }
    Approval::Ask(Arc::new(move |stacks: &[StackReport]| {
        show::plans(stacks);
        ask(question)
    }))
}

/// Terraform's question; only `yes` is an approval.
pub(crate) fn ask(question: &str) -> bool {
    asking(|| {
        eprint!("\nDo you want to {question}? Only 'yes' will be accepted: ");
        let mut answer = String::new();
        std::io::stderr().flush().is_ok() && std::io::stdin().read_line(&mut answer).is_ok() && answer.trim() == "yes"
    })
}
