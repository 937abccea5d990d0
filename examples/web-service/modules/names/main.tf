# A module in Terraform's own language, as a team may have it: names by a rule.
variable "project" {
  type = string
}

variable "part" {
  type = string
}

output "name" {
  value = lower("${var.project}-${var.part}")
}
