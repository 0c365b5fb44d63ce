"""Tests that share one scene, in turn: each module removes what it adds, because starting a scene takes ten seconds."""
