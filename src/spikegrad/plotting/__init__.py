"""Pictures of spiking networks and of surrogates.

Each function returns a matplotlib `Figure` and needs no display; save it with `figure.savefig`.
`import spikegrad` makes them `spikegrad.plotting.raster` and so on; matplotlib is imported when a
picture is drawn, and comes with the extra `plot`: `pip install '.[plot]'`.
"""

from spikegrad.plotting._figures import new_figure as new_figure
from spikegrad.plotting._networks import currents as currents
from spikegrad.plotting._networks import learning_curves as learning_curves
from spikegrad.plotting._networks import membranes as membranes
from spikegrad.plotting._networks import raster as raster
from spikegrad.plotting._surrogates import compare as compare
from spikegrad.plotting._surrogates import gallery as gallery
from spikegrad.plotting._surrogates import plot as plot
from spikegrad.plotting._surrogates import surrogate_over as surrogate_over
