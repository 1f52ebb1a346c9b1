"""How Jupyter starts a kernel here: by a fork of the warmed process, or where there is none, as ever."""

from __future__ import annotations

import os
from importlib.metadata import EntryPoint
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from quadviz.server.forks.nursery import Unavailable

__all__ = ["NAME", "ForkProvisioner", "register"]

NAME = "quadviz-fork-provisioner"
_LAUNCHER = "ipykernel_launcher"


class ForkProvisioner(LocalProvisioner):
    """Starts kernels of :class:`quadviz.server.kernels.PageKernelManager`.

    What Jupyter asks of a process afterwards, whether it lives, to interrupt, to end, is the same for both.
    """

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel that a command line would start."""
        manager: Any = self.parent.parent  # type: ignore[union-attr]  # that of all kernels
        env = {**kwargs["env"], "JPY_PARENT_PID": str(os.getpid())}
        try:
            if manager.nursery is None:
                raise Unavailable("it is not wanted")
            self.process: Any = await manager.nursery.fork(
                cmd[cmd.index(_LAUNCHER) + 1 :], env, str(kwargs.get("cwd") or "."), manager.memory
            )
        except Unavailable:
            return await super().launch_kernel([*cmd, *manager.bounds()], **kwargs)
        # It leads a group of its own by now.
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd")
        return self.connection_info


def register() -> None:
    """Make it known to Jupyter, in this process: to other servers of the user it is of no use."""
    module, group = ForkProvisioner.__module__, KernelProvisionerFactory.GROUP_NAME
    entry = EntryPoint(NAME, f"{module}:{ForkProvisioner.__name__}", group)
    KernelProvisionerFactory.instance().provisioners[NAME] = entry
