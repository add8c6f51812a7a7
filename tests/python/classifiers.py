"""Prints the classifiers of the installed `trove-classifiers` in the form of `src/wheel/classifiers.txt`.

First the package and its version; then a classifier a line, a deprecated one with a tab and its replacements.
"""

from importlib.metadata import version

from trove_classifiers import all_classifiers, deprecated_classifiers

print("trove-classifiers", version("trove-classifiers"))
for classifier in sorted(all_classifiers):
    replacements = deprecated_classifiers.get(classifier)
    print("\t".join([classifier, *(replacements or [""])]) if replacements is not None else classifier)
