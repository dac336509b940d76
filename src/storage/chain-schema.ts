/**
 * Tables of `chain.db`: everything that follows from final blocks and can be fetched from other nodes again.
 *
 * Rows are keyed by integers and appended; hashes have narrow integer keys beside them (see `hashKey`). Deleted accounts
 * and slots keep their row (nonce NULL, value empty), because undo rows of earlier blocks refer to it.
 */
export const chainMigrations: readonly string[] = [
  `
  CREATE TABLE block (
    number INTEGER PRIMARY KEY,
    key    INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    header BLOB NOT NULL,
    transactions INTEGER NOT NULL
  );
  CREATE INDEX block_key ON block (key);

  CREATE TABLE tx (
    id         INTEGER PRIMARY KEY,
    key        INTEGER NOT NULL,
    hash       BLOB NOT NULL,
    raw        BLOB NOT NULL,
    sender     BLOB NOT NULL,
    status     INTEGER NOT NULL,
    cumulative INTEGER NOT NULL,
    gas        INTEGER NOT NULL,
    contract   BLOB,
    first_log  INTEGER NOT NULL,
    logs       BLOB
  );
  CREATE INDEX tx_key ON tx (key);

  CREATE TABLE log_key (
    key INTEGER NOT NULL,
    tx  INTEGER NOT NULL,
    PRIMARY KEY (key, tx)
  ) WITHOUT ROWID;

  CREATE TABLE account (
    id      INTEGER PRIMARY KEY,
    address BLOB NOT NULL UNIQUE,
    nonce,
    balance BLOB,
    code    BLOB,
    storage BLOB
  );
  CREATE TABLE slot (
    id      INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    key     BLOB NOT NULL,
    value   BLOB NOT NULL
  );
  CREATE UNIQUE INDEX slot_key ON slot (account, key);
  CREATE TABLE code (
    hash  BLOB PRIMARY KEY,
    bytes BLOB NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE undo_account (
    account INTEGER NOT NULL,
    block   INTEGER NOT NULL,
    nonce,
    balance BLOB,
    code    BLOB,
    storage BLOB,
    PRIMARY KEY (account, block)
  ) WITHOUT ROWID;
  CREATE TABLE undo_slot (
    slot  INTEGER NOT NULL,
    block INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (slot, block)
  ) WITHOUT ROWID;
  CREATE TABLE undo (
    block    INTEGER PRIMARY KEY,
    accounts BLOB NOT NULL,
    slots    BLOB NOT NULL
  );

  CREATE TABLE finality (
    threshold  TEXT NOT NULL,
    height     INTEGER NOT NULL,
    hash       BLOB NOT NULL,
    confidence TEXT NOT NULL,
    PRIMARY KEY (threshold, height)
  ) WITHOUT ROWID;

  CREATE TABLE checkpoint (
    number     INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    start      INTEGER NOT NULL,
    "end"      INTEGER NOT NULL,
    root       BLOB NOT NULL,
    last_block BLOB NOT NULL,
    struct     BLOB NOT NULL,
    status     TEXT NOT NULL,
    seen_at    INTEGER NOT NULL,
    body       BLOB NOT NULL,
    PRIMARY KEY (number, generation)
  ) WITHOUT ROWID;

  CREATE TABLE deposit (
    id        INTEGER PRIMARY KEY,
    seen_at   INTEGER NOT NULL,
    body      BLOB NOT NULL,
    delivered INTEGER
  );

  CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  CREATE TABLE era (
    instance   BLOB PRIMARY KEY,
    generation INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    key_block  BLOB NOT NULL,
    key_height INTEGER NOT NULL,
    body       BLOB NOT NULL,
    "end"      BLOB
  ) WITHOUT ROWID;
  CREATE INDEX era_number ON era (generation, number);
  `,
  // Who took part in each round of an ended era.
  "ALTER TABLE era ADD COLUMN participation BLOB",
  // The journal of payments: outside of tx, because the newest entries outlive transactions that are pruned.
  `
  CREATE TABLE payment (
    tx    INTEGER PRIMARY KEY,
    moves BLOB NOT NULL
  );
  CREATE TABLE payment_key (
    key INTEGER NOT NULL,
    tx  INTEGER NOT NULL,
    PRIMARY KEY (key, tx)
  ) WITHOUT ROWID;
  `,
  // Contracts that keep the journal, and the first transaction that showed it.
  "CREATE TABLE payment_token (token BLOB PRIMARY KEY, first INTEGER NOT NULL) WITHOUT ROWID",
  // Keys move to these tables in their own time: see createKeyIndex. What an older build wrote has moved already.
  `
  DROP INDEX tx_key;
  CREATE TABLE tx_key (
    key INTEGER NOT NULL,
    tx  INTEGER NOT NULL,
    PRIMARY KEY (key, tx)
  ) WITHOUT ROWID;
  INSERT INTO tx_key SELECT key, id FROM tx ORDER BY key, id;
  CREATE TABLE key_mark (
    name   TEXT PRIMARY KEY,
    merged INTEGER NOT NULL,
    moving INTEGER NOT NULL,
    key    INTEGER NOT NULL,
    tx     INTEGER NOT NULL
  ) WITHOUT ROWID;
  INSERT INTO key_mark SELECT 'tx_key', max(id) + 1, max(id) + 1, -1, -1 FROM tx HAVING count(*) > 0;
  INSERT INTO key_mark SELECT 'payment_key', max(tx) + 1, max(tx) + 1, -1, -1 FROM payment HAVING count(*) > 0;
  `,
];
