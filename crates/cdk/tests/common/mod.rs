//! A provider of the tests' own, as the generator would write it.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

pub mod real;

use oleoduto_cdk::{Backend, Block, BlockWriter, Blocks, Map, Provider, Ref, Resource, StringLike, Target, Val};

/// A name of at most four characters.
#[derive(Debug)]
pub enum Short {}

impl StringLike for Short {
    const NAMES: Option<&'static str> = Some("test_thing");

    fn check(literal: &str) -> Result<(), String> {
        if literal.len() < 5 { Ok(()) } else { Err(format!("`{literal}` is longer than 4")) }
    }
}

/// A resource.
#[derive(Default)]
pub struct Thing {
    pub name: Option<Val<Short>>,
    pub note: Option<Val<String>>,
    pub tags: Option<Val<Map<String>>>,
    pub rules: Blocks<Rule>,
    pub secret_wo: Option<Val<String>>,
}

/// A block of it.
pub struct Rule {
    pub level: Val<oleoduto_cdk::Number>,
}

pub struct ThingRefs(Target);

impl From<Target> for ThingRefs {
    fn from(target: Target) -> Self {
        Self(target)
    }
}

impl AsRef<Target> for ThingRefs {
    fn as_ref(&self) -> &Target {
        &self.0
    }
}

impl ThingRefs {
    pub fn arn(&self) -> Ref<String> {
        Ref::new(&self.0, "arn")
    }

    pub fn name(&self) -> Ref<Short> {
        Ref::new(&self.0, "name")
    }

    pub fn secret(&self) -> Ref<String> {
        Ref::sensitive(&self.0, "secret")
    }
}

impl Block for Rule {
    fn write(&mut self, w: &mut BlockWriter<'_>) {
        w.attr("level", &mut self.level);
    }
}

impl Block for Thing {
    fn write(&mut self, w: &mut BlockWriter<'_>) {
        w.opt("name", &mut self.name);
        w.opt("note", &mut self.note);
        w.opt("tags", &mut self.tags);
        w.blocks("rule", &mut self.rules, 0, 2);
        w.write_only("secret_wo", self.secret_wo.as_mut());
        w.conflicts(&["name", "name_prefix"]);
    }
}

impl Resource for Thing {
    const TYPE: &'static str = "test_thing";
    const TAGGABLE: bool = true;
    type Refs = ThingRefs;
}

/// The provider.
pub struct Test;

impl Block for Test {
    fn write(&mut self, _: &mut BlockWriter<'_>) {}
}

impl Provider for Test {
    const NAME: &'static str = "test";
    const SOURCE: &'static str = "example/test";
    const VERSION: &'static str = "1.2.3";
}

pub fn local(name: &str) -> Backend {
    Backend::Local { path: format!("../../../terraform.{name}.tfstate").into() }
}

pub fn thing(name: &str) -> Thing {
    Thing { name: Some(name.into()), ..Thing::default() }
}
