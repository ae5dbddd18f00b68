"""The screens: ``content(scene)`` draws one at once, ``work(scene, lab, more)`` its long work."""

__all__: list[str] = []
