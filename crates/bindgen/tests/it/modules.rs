//! Bindings of Terraform modules: what the files of a module say, and what of that is written.

use oleoduto_bindgen::{ModuleInterface, ModuleSource, generate_module, index_of_modules};

const MAIN: &str = r#"
variable "name" {
  type        = string
  description = "Of everything."
}
variable "id" { default = null }
variable "password" {
  type      = string
  sensitive = true
}
variable "sizes" {
  type    = list(number)
  default = []
}
variable "self" {
  type = map(object({ port = number, host = optional(string, "x"), tags = optional(map(string)) }))
}
variable "deep" {
  type    = list(list(object({ a = any })))
  default = []
}
variable "zone" {
  type = object({ name = string })
  validation {
    condition     = length(var.zone.name) > 0
    error_message = "No <name>."
  }
}
resource "terraform_data" "x" { input = var.name }
"#;
const OUTPUTS: &str = r#"
output "url" {
  value       = "https://${var.name}/"
  description = "Where it [is]."
}
output "key" {
  value     = terraform_data.x.output
  sensitive = true
}
output "from" { value = "${terraform_data.x.id}" }
"#;

fn source() -> ModuleSource {
    ModuleSource {
        source: "./modules/site".into(),
        version: None,
        outputs: [("key".to_owned(), "oleoduto_cdk::Number".to_owned())].into(),
    }
}

fn site() -> String {
    let interface = ModuleInterface::read([("main.tf", MAIN), ("outputs.tf", OUTPUTS), ("README.md", "{")]).unwrap();
    generate_module("site", &source(), &interface).unwrap()
}

#[test]
fn inputs_are_typed_and_those_without_a_default_are_required() {
    let text = site();
    for wanted in [
        "    name: Val<String>,\n",
        "    id: Option<Val<Any>>,\n",
        "    password: Val<Sensitive>,\n",
        "    sizes: Option<Val<List<Number>>>,\n",
        "    self_: Val<Map<SelfBlock>>,\n",
        "    zone: Val<Zone>,\n",
        "    port: Val<Number>,\n",
        "    host: Option<Val<String>>,\n",
        "oleoduto_cdk::Module::new(\"./modules/site\").inputs(&mut self)",
        "    /// `url`: Where it \\[is]\n    pub fn url(&self) -> Ref<String> {",
        "    pub fn from_(&self) -> Ref<Any> {",
        "Ref::sensitive(&self.0, \"key\")",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
}

#[test]
fn a_binding_of_a_module_compiles_and_is_used() {
    let sources = tempfile::tempdir().unwrap();
    let uses = r#"
        use oleoduto_cdk::{Meta, ModuleCall, Stack};
        use super::bindings::modules::site::{SelfBlock, Site, Zone};

        /// Calls it.
        pub fn call(stack: &mut Stack) {
            let first = stack.add_raw("terraform_data", "first", [("input", "x".into())], Meta::new());
            let hosts = [("a", SelfBlock::builder().port(80).build())];
            let site = || Site::builder().name("n").password("p").self_(hosts.clone()).zone(Zone::builder().name("z").build());
            let site_refs = stack.module("site", site().build().with(|module| module.depends_on(&first)));
            let all = stack.module_count("many", 2, |_| site().maybe_sizes(Some([1])).build());
            stack.output("url", site_refs.url());
            stack.output("first", all.at(0).from_());
        }
    "#;
    let root = "//! A project.\n#![deny(warnings)]\npub mod bindings { pub mod modules { pub mod site; } }\npub mod uses;\n";
    std::fs::create_dir_all(sources.path().join("bindings/modules")).unwrap();
    let files = [("lib.rs", root.to_owned()), ("bindings/modules/site.rs", site()), ("uses.rs", format!("//! Uses.\n{uses}"))];
    for (name, text) in files {
        std::fs::write(sources.path().join(name), text).unwrap();
    }
    crate::odd_names::compile_with_examples(sources.path());
}

#[test]
fn an_override_and_json_say_the_rest() {
    let json =
        r#"{ "variable": { "name": { "type": "set(string)", "default": [] }, "new": {} }, "output": { "o": { "value": 1 } } }"#;
    let interface = ModuleInterface::read([("a_override.tf.json", json), ("main.tf", MAIN)]).unwrap();
    let source = ModuleSource { source: "acme/site/aws".into(), version: Some("1.2.3".into()), ..ModuleSource::default() };
    let text = generate_module("site", &source, &interface).unwrap();
    assert!(text.contains("    name: Option<Val<List<String>>>,\n") && text.contains("    new: Val<Any>,\n"), "{text}");
    assert!(text.contains("Module::new(\"acme/site/aws\").version(\"1.2.3\").inputs(&mut self)"), "{text}");
}

#[test]
fn what_is_no_module_is_refused_with_its_place() {
    let refusal = |text: &str| ModuleInterface::read([("main.tf", text)]).unwrap_err().to_string();
    let unknown = refusal("variable \"a\" { type = list(text) }");
    assert_eq!(unknown, "main.tf: `text` is no type of a variable: correct the module");
    assert!(refusal("variable {").starts_with("main.tf: "), "{}", refusal("variable {"));
    let interface = ModuleInterface::read([("main.tf", MAIN)]).unwrap();
    let error = generate_module("site", &source(), &interface).unwrap_err().to_string();
    assert!(error.contains("`module.site` has no attribute `key`"), "{error}");
    for name in ["My", "mod", "type", "a-b"] {
        let source = ModuleSource { source: "./m".into(), ..ModuleSource::default() };
        assert!(generate_module(name, &source, &interface).is_err(), "{name}");
    }
    assert!(index_of_modules(["a", "b"]).ends_with("pub mod a;\npub mod b;\n"));
}
