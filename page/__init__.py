"""The web edition: notebooks as pages whose panels move without a kernel."""
