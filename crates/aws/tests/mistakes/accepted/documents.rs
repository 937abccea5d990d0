use oleoduto_cdk::{Any, Expr, Val};

fn main() {
    let document = serde_json::json!({ "Version": "2012-10-17" });
    let _: [Val<Any>; 3] = ["text".into(), true.into(), document.into()];
    let _ = Expr::from(["a", "b"]);
}
