from django.http import HttpResponse, JsonResponse
from django.utils.html import format_html, format_html_join

from web.models import Note

PAGE = """<!doctype html>
<html lang="en">
<title>pythonapp</title>
<h1>pythonapp</h1>
<p>What the database says:</p>
<ul>{}</ul>
"""


def index(request):
    rows = format_html_join("", "<li>{}</li>", Note.objects.values_list("text"))
    return HttpResponse(format_html(PAGE, rows))


def notes(request):
    return JsonResponse({"notes": list(Note.objects.values("id", "text"))})
