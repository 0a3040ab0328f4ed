/** Texts of the frame around the pages, of logging in, and of what is said everywhere, in German. */
import type { shellEs } from './es.ts';

export const shellDe: { readonly [Key in keyof typeof shellEs]: string } = {
  'app.name': 'Holdfast',
  'app.skip': 'Zum Inhalt springen',
  'app.menu': 'Menü',
  'app.nav': 'Hauptnavigation',
  'app.tools': 'Einstellungen und Sitzung',
  'app.language': 'Sprache',
  'app.theme': 'Darstellung',
  'app.theme.system': 'Automatisch',
  'app.theme.light': 'Hell',
  'app.theme.dark': 'Dunkel',
  'app.signOut': 'Abmelden',
  'app.signedInAs': 'Angemeldet als',
  'role.admin': 'Verwaltung',
  'role.customer': 'Kunde',

  'nav.connections': 'Verbindungen',
  'nav.claim': 'Übernehmen',
  'nav.customers': 'Kunden',
  'nav.sessions': 'Sitzungen',
  'nav.gateways': 'Gateway',
  'nav.audit': 'Protokoll',
  'nav.account': 'Mein Konto',

  'state.loading': 'Wird geladen …',
  'state.retry': 'Erneut versuchen',
  'state.reload': 'Seite neu laden',
  'state.failed': 'Das lässt sich nicht anzeigen',
  'state.trace': 'Kennung für den Support: {id}',
  'state.offline':
    'Keine Verbindung zum Panel. Was Sie sehen, kann veraltet sein; es wird von selbst weiter versucht.',
  'state.defect': 'Auf dieser Seite ist etwas fehlgeschlagen',
  'state.defectHint':
    'Was nicht gespeichert war, liegt noch in diesem Browser. Bitte laden Sie die Seite neu.',
  'state.stale': 'Die Anzeige ließ sich nicht aktualisieren. Sie sehen den letzten bekannten Stand.',

  'action.cancel': 'Abbrechen',
  'action.close': 'Schließen',
  'action.copy': 'Kopieren',
  'action.copied': 'Kopiert',
  'action.dismiss': 'Hinweis ausblenden',
  'action.clear': 'Filter entfernen',
  'list.shown': '{shown} von {total}',
  'value.none': '—',
  'value.yes': 'Ja',
  'value.no': 'Nein',

  'login.title': 'Anmelden',
  'login.email': 'E-Mail-Adresse',
  'login.password': 'Passwort',
  'login.submit': 'Anmelden',
  'login.missingEmail': 'Geben Sie Ihre E-Mail-Adresse ein.',
  'login.missingPassword': 'Geben Sie Ihr Passwort ein.',
  'login.wait': 'Zu viele Versuche. Ein neuer ist {when} möglich.',
  'login.again': 'Ihre Sitzung ist beendet',
  'login.againHint':
    'Geben Sie Ihr Passwort ein, um dort weiterzumachen, wo Sie waren. Auf der Seite ist nichts verloren gegangen.',
  'login.leave': 'Trotzdem verlassen',
  'login.unreachable': 'Das Panel antwortet nicht',
  'login.unreachableHint': 'Prüfen Sie Ihre Verbindung. Die Anmeldung geht, sobald es antwortet.',

  'captcha.label': 'Ich bin kein Roboter',
  'captcha.hint': 'Die Prüfung läuft in diesem Browser; nichts geht an Dritte.',
  'captcha.working': 'Wird geprüft …',
  'captcha.done': 'Geprüft',
  'captcha.failed': 'Die Prüfung ist nicht gelungen. Bitte versuchen Sie es noch einmal.',
  'captcha.slow': 'Ohne HTTPS dauert die Prüfung länger: bis zu einer Minute.',
  'captcha.foreign':
    'Dieses Panel verlangt die Prüfung eines fremden Dienstes ({name}), den diese Seite nicht lädt. Bitte wenden Sie sich an die Verwaltung.',

  'problem.unreachable': 'Das Panel antwortet nicht. Prüfen Sie Ihre Verbindung.',
  'problem.unavailable':
    'Das Panel kann die Anfrage gerade nicht bearbeiten. Versuchen Sie es in einigen Sekunden erneut.',
  'problem.signed-out': 'Ihre Sitzung ist beendet.',
  'problem.session-ended': 'Ihre Sitzung ist beendet.',
  'problem.refresh-superseded':
    'Die Sitzung wurde in einem anderen Tab erneuert. Bitte versuchen Sie es noch einmal.',
  'problem.login-failed': 'E-Mail-Adresse oder Passwort stimmen nicht.',
  'problem.captcha-required': 'Bestätigen Sie, dass Sie kein Roboter sind.',
  'problem.captcha-invalid': 'Die Prüfung ist abgelaufen oder ungültig. Bitte wiederholen Sie sie.',
  'problem.captcha-unavailable': 'Die Roboterprüfung ist nicht verfügbar. Versuchen Sie es später.',
  'problem.csrf': 'Die Anfrage schien nicht von dieser Seite zu kommen. Bitte laden Sie sie neu.',
  'problem.forbidden': 'Das dürfen Sie nicht.',
  'problem.not-found': 'Das gibt es nicht, oder Sie dürfen es nicht sehen.',
  'problem.invalid': 'Eine Angabe ist ungültig. Bitte prüfen Sie das Formular.',
  'problem.version-conflict':
    'Jemand anderes hat es inzwischen geändert. Prüfen Sie die Angaben und versuchen Sie es erneut.',
  'problem.deleted-conflict': 'Jemand anderes hat es inzwischen gelöscht.',
  'problem.state-conflict': 'Der jetzige Zustand lässt das nicht zu.',
  'problem.quota-exceeded': 'Zu viele Anfragen nacheinander. Bitte warten Sie einen Augenblick.',
  'problem.busy': 'Viele Änderungen gleichzeitig. Versuchen Sie es in einigen Sekunden erneut.',
  'problem.too-large': 'Das Gesendete ist zu groß.',
  'problem.internal':
    'Das Panel hat versagt. Falls es wieder geschieht, nennen Sie der Verwaltung die Kennung unten.',
  'problem.unexpected': 'Das Panel hat unerwartet geantwortet.',

  'notFound.title': 'Seite nicht gefunden',
  'notFound.text': 'Unter dieser Adresse gibt es nichts, oder Ihr Konto sieht es nicht.',
  'notFound.home': 'Zu den Verbindungen',
};
