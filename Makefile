# Everything sets itself up: Debian's python3, python3-venv, make and git are enough.
.DEFAULT_GOAL := help
.PHONY: help run test check demo bench soak law mutants fresh lock
PYTHON_OF_OURS := .venv/bin/python
export CHECK UPGRADE

help:
	@echo "make run     serve on http://localhost:8000 (the first time: set up, make data/ and an owner account)"
	@echo "make test    style, types, contracts and the whole suite, on SQLite and on PostgreSQL (ARGS=… for pytest)"
	@echo "make check   the part of it that runs no test"
	@echo "make demo    what a cap does and how a licence lifts it: instances, a board, Fedify (CHECK=1: assert it and exit)"
	@echo "make bench   measure the running program from outside (ARGS=… chooses)"
	@echo "make soak    the tests that take minutes"
	@echo "make law     run the tests that show the law's sentences, and write docs/law.md anew"
	@echo "make mutants break the law on purpose, patch by patch, and show which test notices"
	@echo "make fresh   prove 'make run' and 'make test' in a bare Debian 12 (as root, with debootstrap)"
	@echo "make lock    write requirements/*.txt anew from pyproject.toml (UPGRADE=1: newest versions)"

run:
	@tools/bootstrap.sh run
	@exec $(PYTHON_OF_OURS) -m fedicert serve $(ARGS)

test:
	@tools/bootstrap.sh dev
	@tools/test.sh $(ARGS)

check:
	@tools/bootstrap.sh dev
	@tools/check.sh

demo:
	@tools/bootstrap.sh dev
	@exec $(PYTHON_OF_OURS) -m fedicert demo $(ARGS)

bench:
	@tools/bootstrap.sh run
	@exec $(PYTHON_OF_OURS) -m fedicert bench $(ARGS)

soak:
	@tools/bootstrap.sh dev
	@exec $(PYTHON_OF_OURS) -m pytest -m soak $(ARGS)

law:
	@tools/bootstrap.sh dev
	@exec $(PYTHON_OF_OURS) tools/law.py --run

mutants:
	@tools/bootstrap.sh dev
	@exec $(PYTHON_OF_OURS) tools/mutants.py $(ARGS)

fresh:
	@exec tools/fresh.sh

lock:
	@exec tools/lock.sh
