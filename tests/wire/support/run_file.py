"""Run the `test_*` functions of one file, on either runtime: run_file.py FOLDER MODULE."""

import sys

folder, name = sys.argv[1:]
sys.path.insert(0, folder)
module = __import__(name)
tests = sorted(test for test in dir(module) if test.startswith("test_"))
if not tests:
    raise SystemExit(f"{name} has no tests")
for test in tests:
    print(test)  # the last line before a traceback says which test failed
    getattr(module, test)()
print(f"{len(tests)} passed")
