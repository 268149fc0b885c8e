"""What surrogates are called: here, in papers, in other libraries, and as plain data."""

from spikegrad.surrogate.catalogue._configuration import MADE_OF_OTHERS as MADE_OF_OTHERS
from spikegrad.surrogate.catalogue._configuration import from_config as from_config
from spikegrad.surrogate.catalogue._configuration import to_config as to_config
from spikegrad.surrogate.catalogue._libraries import LIBRARIES as LIBRARIES
from spikegrad.surrogate.catalogue._libraries import Library as Library
from spikegrad.surrogate.catalogue._libraries import Peer as Peer
from spikegrad.surrogate.catalogue._naming import get as get
from spikegrad.surrogate.catalogue._naming import named as named
from spikegrad.surrogate.catalogue._peers import NOT_EXPRESSED as NOT_EXPRESSED
from spikegrad.surrogate.catalogue._peers import PEERS as PEERS
from spikegrad.surrogate.catalogue._row import Paper as Paper
from spikegrad.surrogate.catalogue._row import Parameter as Parameter
from spikegrad.surrogate.catalogue._row import Row as Row
from spikegrad.surrogate.catalogue._rows import CATALOGUE as CATALOGUE
from spikegrad.surrogate.catalogue._written import readable as readable
from spikegrad.surrogate.catalogue._written import written as written
