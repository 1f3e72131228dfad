import pytest

from fedicert.store.dialect import MOST_TEXTS, Folds, Tables, Texts, translate


def test_places_are_numbered_for_sqlite_and_kept_for_postgres() -> None:
    sql = "SELECT '$1 {x}', \"a$2\" -- $3 {y}\n, $10, /* $4 {z} */ $2 FROM t WHERE a = $1"
    assert translate("postgres", sql).sql == sql
    expected = "SELECT '$1 {x}', \"a$2\" -- $3 {y}\n, ?10, /* $4 {z} */ ?2 FROM t WHERE a = ?1"
    assert translate("sqlite", sql).sql == expected


def test_lists_are_known_by_their_brace() -> None:
    text = translate("sqlite", "a {any_id:$2} AND b {any_text:$4} AND c {any_id:$2} AND d = $1")
    assert text.lists == (1, 3)
    assert text.sql.startswith("a IN (SELECT value FROM json_each(?2)) AND b IN")
    assert translate("postgres", "a {any_id:$2}").sql == "a = ANY($2::bigint[])"


def test_locks_stand_only_where_there_are_many_writers() -> None:
    sql = "SELECT 1 FROM t {for_update} {skip_locked} {for_share}"
    assert translate("sqlite", sql).sql.split() == ["SELECT", "1", "FROM", "t"]
    assert translate("postgres", sql).sql == "SELECT 1 FROM t FOR UPDATE SKIP LOCKED FOR SHARE"


@pytest.mark.parametrize("sql", ["a {any_ids:$1}", "a {any_id}", "a {for_update:$1}", "{nothing}"])
def test_an_unknown_brace_is_named(sql: str) -> None:
    for engine in ("sqlite", "postgres"):
        with pytest.raises(ValueError, match="dialect"):
            translate(engine, sql)


def test_each_text_is_translated_once_and_not_without_end() -> None:
    texts = Texts("sqlite")
    assert texts["SELECT $1"] is texts["SELECT $1"]
    for number in range(MOST_TEXTS + 5):
        texts[f"SELECT {number}"]
    assert len(texts) <= MOST_TEXTS


def test_a_bound_limit_is_no_reason_to_plan_anew() -> None:
    sql = "SELECT 'LIMIT $1' FROM t WHERE a = $1 LIMIT $2"
    assert translate("sqlite", sql).sql == "SELECT 'LIMIT $1' FROM t WHERE a = ?1 LIMIT (?2 + 0)"
    assert translate("postgres", sql).sql == sql


def test_statements_are_folded_with_their_arguments_one_after_another() -> None:
    folds = Folds()
    statements = (
        "INSERT INTO a (x, y) VALUES ($2, '$1')",
        "UPDATE b SET x = $1 WHERE y {any_id:$2}",
        "DELETE FROM c WHERE x = $1",
    )
    assert folds[statements] == (
        "WITH w2 AS (DELETE FROM c WHERE x = $5), w1 AS (UPDATE b SET x = $3 WHERE y = ANY($4::bigint[]))"
        " INSERT INTO a (x, y) VALUES ($2, '$1')"
    )
    assert folds[statements] is folds[statements]


def test_the_table_that_a_statement_writes_is_known() -> None:
    tables = Tables()
    assert tables["\n  INSERT INTO a (x) VALUES ($1) ON CONFLICT (x) DO UPDATE SET x = excluded.x"] == "a"
    assert (tables["UPDATE b SET x = 1"], tables["DELETE FROM c"]) == ("b", "c")
    with pytest.raises(ValueError, match="reads no other"):
        tables["INSERT INTO a (x) SELECT x FROM b"]
