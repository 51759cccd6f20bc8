"""The small package that every notebook of the course imports.

Machinery, which knows no mathematics: `settings`, `checks`, `figures`, `canvas`, `controls`, `panel`, `claims`,
`exercises`, `memory`. Mathematics, which knows no widgets: `ode`, `networks`, `traces`, `densities`, `datasets`, `sde`,
`sharpness`. A notebook brings them together.
"""
