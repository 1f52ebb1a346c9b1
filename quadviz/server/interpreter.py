"""The Python that pages run on: the server's own, as it is, whatever kernels and startup files a user has."""

from __future__ import annotations

import sys
from typing import Any

from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpec, KernelSpecManager, NoSuchKernel

from quadviz.server.forks.provisioner import NAME as PROVISIONER

__all__ = ["OWN_STARTUP", "OwnInterpreter"]

#: Options of a kernel that keep out what a user has it do at its start; its IPYTHONDIR is empty besides.
OWN_STARTUP = ("--IPKernelApp.exec_PYTHONSTARTUP=False", "--HistoryManager.enabled=False")


class OwnInterpreter(KernelSpecManager):
    """Knows one kernel, the interpreter that the server itself runs on.

    Of the specs that Jupyter finds, the first called ``python3`` may belong to another environment, or to
    none that is left.
    """

    def find_kernel_specs(self) -> dict[str, str]:
        """The one there is; it has no folder."""
        return {NATIVE_KERNEL_NAME: ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """How it is started."""
        if kernel_name != NATIVE_KERNEL_NAME:
            raise NoSuchKernel(kernel_name)
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(
            argv=command,
            display_name="Python 3",
            language="python",
            name=kernel_name,
            metadata={"kernel_provisioner": {"provisioner_name": PROVISIONER}},
        )

    def get_all_specs(self) -> dict[str, Any]:
        """All of them, as Voila asks."""
        name = NATIVE_KERNEL_NAME
        return {name: {"resource_dir": "", "spec": self.get_kernel_spec(name).to_dict()}}
