variable "x" {
  type = string
}

module "inner" {
  source = "./inner"
  x      = var.x
}

output "y" {
  value = module.inner.y
}
