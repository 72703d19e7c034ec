"""A command that is asked to stop."""

import os
import signal

import pytest

from generator.cli.send.stopping import wished


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_it_hears_the_wish(name: signal.Signals) -> None:
    """Whoever sleeps wakes up; whoever asks twice does not wait; and it is as before then."""
    earlier = signal.getsignal(name)
    with wished() as wish:
        assert not wish()
        os.kill(os.getpid(), name)
        wish.sleep(3600)
        assert wish()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), name)
    assert signal.getsignal(name) == earlier
