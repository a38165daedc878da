#!/usr/bin/env python3
"""Semblance in Python's sqlite3, with numpy arrays in and out.

    notes.py EXTENSION [DATABASE]

EXTENSION is the path of semblance.so; plain "semblance" does where its Debian package is installed.
"""
import sqlite3
import sys

import numpy as np

NOTES = [
    ('A man is playing the guitar on the street.', 2019),
    ('The central bank raised its interest rates.', 2021),
    ('Two dogs run across the snowy field.', 2021),
    ('How to bake rye bread at home.', 2023),
    ('The orchestra rehearses a symphony.', 2024),
]

# Arrays go in as what SQL functions and tables take: little-endian 32-bit floats.
sqlite3.register_adapter(np.ndarray, lambda array: np.ascontiguousarray(array, '<f4').tobytes())


def vector(blob):
    """A vector that came out, as an array (read-only: it is SQLite's bytes)."""
    return np.frombuffer(blob, '<f4')


def connect(database, extension):
    db = sqlite3.connect(database)
    db.enable_load_extension(True)
    db.execute('SELECT load_extension(?)', [extension])
    db.enable_load_extension(False)
    return db


def search_text(db):
    db.execute('CREATE VIRTUAL TABLE notes USING semblance(body TEXT EMBED, year INTEGER)')
    with db:  # one transaction: the notes are embedded together, and all are kept or none
        db.executemany('INSERT INTO notes(body, year) VALUES (?, ?)', NOTES)
    nearest = 'SELECT body FROM notes WHERE body MATCH ? AND year > ? AND k = ?'
    for (body,) in db.execute(nearest, ['people making music', 2000, 2]):
        print(body)
    for (body,) in db.execute(nearest, ['people making music', 2020, 1]):
        print(body)


def search_arrays(db):
    db.execute('CREATE VIRTUAL TABLE points USING semblance(v FLOAT[3] distance_metric=l2)')
    rows = np.eye(3, dtype=np.float32)
    with db:
        db.executemany('INSERT INTO points(rowid, v) VALUES (?, ?)', enumerate(rows))
    query = np.array([0, 0.5, 0])
    for rowid, blob, distance in db.execute(
            'SELECT rowid, v, distance FROM points WHERE v MATCH ? AND k = 1', [query]):
        print(rowid, vector(blob), distance)
    # A model's vectors as one matrix: rows have unit length, so a product gives cosines.
    texts = np.stack([vector(blob) for (blob,) in db.execute('SELECT embed(body) FROM notes')])
    (music,) = db.execute("SELECT embed('people making music')").fetchone()
    print(texts.shape[0], 'vectors; nearest:', NOTES[int(np.argmax(texts @ vector(music)))][0])


def see_errors(db):
    try:
        db.execute('INSERT INTO points(v) VALUES (?)', [np.zeros(2)])
    except sqlite3.Error as error:
        print(f'{type(error).__name__}: {error}')
    try:
        with db:
            db.execute('DELETE FROM points')
            raise KeyError('changed my mind')
    except KeyError:  # `with db` has rolled back
        print(db.execute("SELECT count(*) FROM points WHERE v MATCH '[0,0,0]'").fetchone()[0], 'points')


def main(extension, database=':memory:'):
    db = connect(database, extension)
    search_text(db)
    search_arrays(db)
    see_errors(db)
    db.close()


if __name__ == '__main__':
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
