/**
 * Tables of `consensus.db`: what a validator must never forget, or it might sign twice. Kept apart from the chain so that
 * only these few rows pay for a sync of the disk.
 */
export const consensusMigrations: readonly string[] = [
  `
  CREATE TABLE instance (
    id         INTEGER PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,
    generation INTEGER NOT NULL,
    era        INTEGER NOT NULL,
    key_block  BLOB NOT NULL,
    start      INTEGER NOT NULL,
    closed     INTEGER NOT NULL DEFAULT 0,
    body       BLOB NOT NULL
  );

  CREATE TABLE unit (
    id       INTEGER PRIMARY KEY,
    instance INTEGER NOT NULL,
    key      INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    creator  INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    bytes    BLOB NOT NULL,
    payload  BLOB
  );
  CREATE INDEX unit_key ON unit (key);
  CREATE INDEX unit_instance ON unit (instance);

  CREATE TABLE own_head (
    instance BLOB PRIMARY KEY,
    seq      INTEGER NOT NULL,
    hash     BLOB NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE evidence (
    instance BLOB NOT NULL,
    creator  INTEGER NOT NULL,
    bytes    BLOB NOT NULL,
    PRIMARY KEY (instance, creator)
  ) WITHOUT ROWID;

  CREATE TABLE endorsement (
    instance BLOB NOT NULL,
    unit     BLOB NOT NULL,
    endorser INTEGER NOT NULL,
    bytes    BLOB NOT NULL,
    PRIMARY KEY (instance, unit, endorser)
  ) WITHOUT ROWID;
  CREATE TABLE own_endorsed (
    instance BLOB NOT NULL,
    creator  INTEGER NOT NULL,
    unit     BLOB NOT NULL,
    PRIMARY KEY (instance, creator)
  ) WITHOUT ROWID;

  CREATE TABLE own_finality_signature (
    instance  BLOB NOT NULL,
    height    INTEGER NOT NULL,
    block     BLOB NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (instance, height)
  ) WITHOUT ROWID;

  CREATE TABLE own_checkpoint_signature (
    generation INTEGER NOT NULL,
    start      INTEGER NOT NULL,
    "end"      INTEGER NOT NULL,
    struct     BLOB NOT NULL,
    signature  BLOB NOT NULL,
    PRIMARY KEY (generation, start, "end")
  ) WITHOUT ROWID;
  `,
  // Whose signatures are written down here, and since when. A database from before this was kept has known its signer all
  // along; whose that is, it does not say, so the row has no signer and stands for any.
  `
  CREATE TABLE own_covered (
    signer BLOB NOT NULL,
    "from" INTEGER NOT NULL,
    "to"   INTEGER,
    PRIMARY KEY (signer, "from")
  ) WITHOUT ROWID;
  INSERT INTO own_covered SELECT x'', 0, NULL WHERE EXISTS (SELECT 1 FROM instance);
  `,
  // A signature from before the unit was signed too names no unit there is, so that nothing is signed in its place.
  `ALTER TABLE own_finality_signature ADD COLUMN unit BLOB NOT NULL DEFAULT x'${"00".repeat(32)}'`,
];
