-- Instants are nanoseconds since 1970 in UTC, as the library counts them: nothing is rounded, and
-- both databases have them alike. NULL is none. Profiles and properties are JSON.

-- What was in force when. The greatest ID is in use.
CREATE TABLE IF NOT EXISTS policies (
	id          BIGINT PRIMARY KEY,
	document    TEXT NOT NULL,
	scenarios   TEXT NOT NULL,
	name        TEXT NOT NULL,
	version     TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	note        TEXT NOT NULL,
	replay      BIGINT NOT NULL, -- 1: leads get their stages with the true dates
	released    BIGINT NOT NULL
);

-- A lead with its last verdict. The column due is the queue of wake-ups.
CREATE TABLE IF NOT EXISTS leads (
	id       KEY_TEXT PRIMARY KEY,
	version  BIGINT NOT NULL, -- counts changes: compare and set
	profile  TEXT NOT NULL,
	merged   KEY_TEXT NOT NULL, -- the lead that it became; blank: it is itself
	policy   BIGINT NOT NULL, -- to which it was last held
	assessed BIGINT, -- when
	stage    TEXT NOT NULL,
	since    BIGINT,
	due      BIGINT, -- when it must be assessed again
	points   DOUBLE PRECISION NOT NULL,
	rating   TEXT NOT NULL,
	refused  TEXT NOT NULL, -- why that policy does not assess it, so that it keeps the verdict before; blank: it does
	search   TEXT NOT NULL -- what a search looks in, without case: the two databases fold letters in different ways
);
CREATE INDEX IF NOT EXISTS leads_due ON leads (due) WHERE due IS NOT NULL;
CREATE INDEX IF NOT EXISTS leads_behind ON leads (policy) WHERE merged = '';
CREATE INDEX IF NOT EXISTS leads_rank ON leads (points DESC, id) WHERE merged = '';
CREATE INDEX IF NOT EXISTS leads_stage ON leads (stage, points DESC, id) WHERE merged = '';
CREATE INDEX IF NOT EXISTS leads_refused ON leads (id) WHERE refused <> '';
CREATE INDEX IF NOT EXISTS leads_merged ON leads (merged) WHERE merged <> '';

-- What leads did. An activity with an ID is stored once.
CREATE TABLE IF NOT EXISTS activities (
	seq     SERIAL,
	lead    KEY_TEXT NOT NULL, -- to which it counts
	origin  KEY_TEXT NOT NULL, -- to which it was sent; another one after a merge
	type    TEXT NOT NULL,
	id      TEXT NOT NULL,
	at      BIGINT,
	props   TEXT NOT NULL,
	version BIGINT NOT NULL, -- of the lead, when it was stored
	undone  BIGINT -- when it was taken back
);
CREATE UNIQUE INDEX IF NOT EXISTS activities_once ON activities (origin, type, id) WHERE id <> '';
CREATE INDEX IF NOT EXISTS activities_lead ON activities (lead);

-- The journal of assessments: with the activities up to a version, each can be made again.
CREATE TABLE IF NOT EXISTS verdicts (
	lead    KEY_TEXT NOT NULL,
	version BIGINT NOT NULL,
	cause   TEXT NOT NULL,
	replay  BIGINT NOT NULL, -- 1: settled by a replay
	policy  BIGINT NOT NULL, -- whose row has version and fingerprint
	at      BIGINT NOT NULL,
	stage   TEXT NOT NULL,
	since   BIGINT,
	due     BIGINT,
	points  DOUBLE PRECISION NOT NULL,
	rating  TEXT NOT NULL,
	PRIMARY KEY (lead, version)
);

-- The outbox. Events get their numbers after their commit, one writer at a time: a number that
-- comes with the insert can become visible after a greater one, and is then passed over.
CREATE TABLE IF NOT EXISTS events (
	seq        SERIAL,
	number     BIGINT UNIQUE,
	lead       KEY_TEXT NOT NULL,
	at         BIGINT NOT NULL,
	move       TEXT NOT NULL,
	from_stage TEXT NOT NULL,
	stage      TEXT NOT NULL,
	points     DOUBLE PRECISION NOT NULL,
	policy     BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_unnumbered ON events (seq) WHERE number IS NULL;
CREATE INDEX IF NOT EXISTS events_lead ON events (lead);
CREATE TABLE IF NOT EXISTS outbox (
	id   BIGINT PRIMARY KEY, -- 1
	last BIGINT NOT NULL -- the last number given
);
INSERT INTO outbox (id, last) VALUES (1, 0) ON CONFLICT (id) DO NOTHING;
