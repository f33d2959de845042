"""Where the README's figures come from: `python -m bench` lists them, `python -m bench NAME` measures one."""
