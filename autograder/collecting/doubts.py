"""Whether a name can be a student's. What no layout says for certain is asked, and never guessed.

A download of a learning management system that we do not know puts more into a name than the student: a date, an
attempt, the number of a submission, the assignment, a group. Taken for a student's id, that gives the marks to nobody.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from autograder.collecting.layouts import RENAMED, flat_student, stem

EMAIL = re.compile(r"[\w.+-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}")
SEPARATED = re.compile(r"\s[-–—|:]\s|\w\s*\([^)]*\w[^)]*\)")  # Ada - 7, Lovelace (ada)
CALENDAR = re.compile(r"\d\s*[年月日년월일]")
LONG = 4  # digits of a number that is no mere counter
LONGEST = 20  # letters and digits of a word that is no hash

# What is collected, handed in or graded, in the languages of the larger systems; a number behind it does not count.
# "student" and "user" are not here: student_7 is an id.
NOBODY = set(re.findall(r"\w+", """
    answer answers archive assignment assignments assignsubmission attachment attachments attempt attempts autograded
    backup class cohort copy course download downloads draft exam exercise exercises export feedback file files final
    folder gradebook group groups homework hw inbound lab lesson lessons module notebook notebooks outbound
    participant participants anonymous problem project quiz release released returned revision section source solution
    solutions submission submissions submitted task team teams unit untitled upload uploads version week working
    abgabe abgaben aufgabe gruppe kopie lektion teilnehmer teilnehmerin team übung versuch woche
    copia cópia devoir entrega entregas envío equipo equipe équipe exercice grupo groupe gruppo intento leçon lección
    participante partecipante remise semaine semana soumission tarea tentativa tentative tentativo consegna compito
    copie deelnemer groep inzending opdracht poging kopia kopi deltager deltagare deltaker osallistuja ryhmä uppgift
    oppgave opgave grupp gruppa grupa zadanie uczestnik účastník skupina účastníci résztvevő csoport katılımcı grup
    участник группа задание копия попытка работа учасник група завдання
    作业 作業 提交 提出 課題 小组 小組 参加者 参与者 參與者 副本 グループ 과제 제출 조 참가자 مشارك مجموعة
"""))
GROUP = "is of a group, or of nobody: let the download show the students' names, without groups, and try again"
STUDENTS = {"student", "students", "user", "users", "learner", "pupil", "étudiant", "schüler", "alumno", "aluno"}


def words(name: str) -> list[str]:
    """A name in parts: letters, marks and digits belong together, anything else parts them."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text).split()


def doubt(name: str, lessons: Sequence[str]) -> str | None:
    """Why a name may be more, or less, than a student's id: the rest of a sentence. None where there is no doubt."""
    text, parts = unicodedata.normalize("NFKC", name).casefold(), words(name)
    if EMAIL.fullmatch(text):
        return None
    numbers = [word for word in parts if any(c.isdigit() for c in word)]
    if any(lesson.casefold() in text for lesson in lessons):
        return "has a lesson in it"
    if len(numbers) > 1 or CALENDAR.search(text) or any(code(word) for word in numbers):
        return "has several numbers in it, as a date or an attempt has"
    if common := says_nobody(name):
        return f"says {common!r}"
    if SEPARATED.search(text):
        return "names two things"
    beside = any(len(word) > 1 for word in set(parts) - set(numbers))  # s-1234567 is an id
    if beside and any(word.isdigit() and len(word) >= LONG for word in numbers):
        return "has a long number in it beside something else"
    return None


def says_nobody(name: str) -> str:
    """The first word of a name that is not for people, such as lesson03; else ""."""
    return next((word for word in words(name) if "".join(c for c in word if not c.isdigit()) in NOBODY), "")


def code(word: str) -> bool:
    """Whether letters and digits alternate as in a hash: s1234567 and 1RV21CS045 are ids."""
    return len(re.findall(r"\d+", word)) > 3 or len(word) > LONGEST


def shared(names: Collection[str]) -> str | None:
    """The word that all of several names begin or end with, such as lesson of lesson-ada and lesson-alan.

    Three people may well have a family name in common; a word with a number in it is in doubt between two already.
    """
    split = [words(name) for name in names if not EMAIL.fullmatch(name.casefold())]
    if len(split) < 2 or any(len(parts) < 2 for parts in split):
        return None
    for place in (0, -1):
        word = split[0][place]
        enough = len(split) > (1 if any(c.isdigit() for c in word) else 3)
        if enough and word not in STUDENTS and all(parts[place] == word for parts in split):
            return word
    return None


def doubtful(names: Collection[str], lessons: Sequence[str]) -> dict[str, str]:
    """The names of a class that may be no students' ids -> why."""
    word = shared(names)
    found = {name: doubt(name, lessons) or (word and f"has {word!r} in it, as all have") for name in names}
    return {name: why for name, why in found.items() if why}


def question(found: Mapping[str, str], among: int) -> str:
    """What to ask about a class whose names are in doubt."""
    name, why = next(iter(found.items()))
    return (f"has no layout that is known for certain: {len(found)} of {among} names are like {name!r}, which {why}. "
            "Which part of it is the student? Call the notebooks <student>/<lesson>.ipynb or <student>_<lesson>.ipynb "
            "(with --lesson, <student>.ipynb will do), or enroll the students by these very names.")


def moodle_doubts(names: Collection[str]) -> dict[str, str]:
    """The names in a download of Moodle's that are no person's -> why: it hides them, or puts a group before them."""
    groups = {name: name.partition("-")[0] for name in names if "-" in name}
    often = Counter(groups.values())
    everybody = len(groups) == len(names) > 2
    found = [name for name, group in groups.items() if everybody or (" " in group and often[group] > 1)]
    return dict.fromkeys([*found, *filter(says_nobody, names)], GROUP)


def several_people(files: Mapping[str, Sequence[str]], lessons: Sequence[str],
                   people: Collection[str]) -> dict[str, str]:
    """The folders that may be a group's or a class's, and no student's -> why.

    files: student -> the paths below the student's folder of all notebooks of one lesson. people: all ids.
    """
    own = {student: {original(path) for path in paths} for student, paths in files.items()}
    often = Counter(name for names in own.values() for name in names)
    crowds = {student for student, names in own.items() if sum(often[name] == 1 for name in names) > 1}
    found, people = {}, {*people}
    for student, paths in files.items():
        files_of = [path.rpartition("/")[2] for path in paths]
        before = {flat_student(file, lessons) for file in files_of} - {None, *map(stem, files_of)}
        named = {name for name in before | (own[student] & people) if name != student and not says_nobody(name)}
        inside = {path.partition("/")[0] for path in paths if "/" in path}
        if len(named) > 1:
            found[student] = f"lies beside notebooks of other people, such as {' and '.join(sorted(named)[:2])}"
        elif len(inside) > 1:
            found[student] = f"lies in one of {len(inside)} folders with a notebook of this lesson"
        elif len(crowds) > len(files) / 2 and student in crowds:
            found[student] = "lies beside other notebooks of this lesson, as in most folders"
    if found and len(found) >= len(files) / 2:
        found = dict.fromkeys(files, "lies beside folders that seem to hold several people's notebooks") | found
    return found


def original(path: str) -> str:
    """The name of a notebook without its ending and without what marks a copy."""
    return re.sub(f"{RENAMED}$", "", stem(path.rpartition("/")[2]), flags=re.IGNORECASE)
