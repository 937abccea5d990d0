"""Errors that the user can act on: one sentence with what is wrong, where, and what to do."""


class LocalAwsError(Exception):
    """A problem that ends the command with exit code 1 and this message."""


class PatchError(LocalAwsError):
    """moto does not look the way the patches expect it to."""


class JobError(Exception):
    """Why a job cannot run or has failed; its text becomes the job's reason."""
