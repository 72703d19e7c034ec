"""From a manifest to messages, once each."""
