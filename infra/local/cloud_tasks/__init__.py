"""A local stand-in for Google Cloud Tasks: its gRPC surface, its rules of dispatch and retry, its headers.

It stands where Google's service stands and must not know what the tasks mean. State is in memory only:
stopping the process forgets every queue and task. Where Google's documents are silent it does what the
conformance tests of github.com/aertje/cloud-tasks-emulator recorded from the real service.

What it does NOT imitate:

- throttling by the system: the slow-down of a whole queue after 429, 503 or many errors, `Retry-After`, and
  the slow ramp-up of a new or idle queue;
- permissions, service account checks, real tokens (`oidc.py` says what is sent instead), `oauth_token`;
- App Engine tasks, a queue's `http_target`, `app_engine_routing_override` and logging config, filters,
  BatchCreateTasks, BatchDeleteTasks, IAM, CMEK, locations: all answered with an error, never ignored;
- the 31 days after which a task is deleted, and the days for which a deleted queue's name is blocked;
- the delays of a distributed system: here a purge, pause or update takes effect at once;
- truncation of back-offs to whole seconds, which Google documents although its own default is 0.1 s;
- duplicates, delays and reordering: here a task is dispatched once per attempt, in order of schedule time,
  unless `--faults` asks for them (`faults.py`).
"""
