/** Words by which texts tell that somebody is called: parts of regular expressions, lower case, without accents or punctuation, words one blank apart. */

/**
 * Emergency numbers as they are dialled, spaced ones among them; 933 is Microsoft's test number. A chat message never counts as a test (a test pages nobody),
 * so it stands with the others.
 */
export const numbers =
  '911|112|999|933|000|110|111|113|115|117|118|119|120|122|144|190|192|193|9 1 1|1 1 2|9 9 9|9 3 3';

/** Who is called where no number is named in figures. */
export const services = [
  'e911|e112|nine one one|one one two|nine nine nine|triple (?:zero|0|nine|9)',
  'emergency (?:services?|numbers?|line|operator|dispatch)|rettungsdienst|rettungsleitstelle|notarzt|notdienst|notfallnummer|notfalldienste?',
  '(?:le|au) 1[578]|urgences|secours|samu|emergencias?|inem|hulpdiensten|alarmcentrale|ambulance|urgencias|emergenze|soccorsi|pronto soccorso|numero unico',
  'sos alarm|hatakeskus\\w*|pogotowie|ratunkowy|zachranku|ambulans',
].join('|');

/** Who comes: that somebody called them tells of a call, that somebody has to do with them does not. */
export const responders = [
  'the police|the fire (?:department|brigade)|polizei|feuerwehr|krankenwagen|rettungswagen|la police|pompiers|la policia|bomberos|ambulancia|bombeiros',
  'brandweer|politie|la polizia|carabinieri|ambulanza|vigili del fuoco',
].join('|');

/** That somebody calls or has called; never what tells somebody to call (`call 911 when …`), which is advice. */
export const calling = [
  'called|calls|calling|dialed|dialled|dials|dialing|dialling|phoned|phones|rang|rung|ringing|contacted|contacting|(?:a|the|her|his|their) call to|reached by',
  'angerufen|gerufen|gewahlt|verstandigt|alarmiert|kontaktiert|abgesetzt|ruft|rief|wahlt|wahlte|kontaktierte|anruf (?:bei|an)',
  'appele|appelee?s?|appelle|appel (?:au|aux|vers)|compose|contacte|prevenu|telephone (?:au|aux)|alerte (?:le|les)',
  'llamo|llamado|llamando|llama (?:a|al)|llamadas? (?:a|al)|marco (?:el|al)|marcado|marcando|discado|contactado|contacto con',
  'ligou|ligando|ligacao para|chamou|chamando|chamadas? (?:para|ao)|discou|telefonou|acionou|contatou|contactou|marcou',
  'gebeld|belde|belt|gedraaid|ingeschakeld|gealarmeerd|gewaarschuwd|gecontacteerd|oproep naar',
  'chiamato|chiamando|sta chiamando|chiama (?:il|i|le)|chiamata (?:al|ai)|composto|telefonato|contattato|allertato',
  'ringt|ringde|ringer|ringet|ringede|ringte|larmat|oppringt|oppkall|opkald|soittanut|soitti|soittaa|soittaneet',
  'zadzwonil|zadzwonila|dzwoni|wybral|wybrala|polaczyl|polaczyla|volal|volala|zavolal|zavolala|vola|vytocil|vytocila',
  'aradi|ariyor|aramis|позвонил|позвонила|звонит|набрал|набрала|вызвал|вызвала|зателефонував|подзвонив|hivta|sunat|apelat',
].join('|');

/** A call as a noun with what stands before whom it is to, language by language: another one's preposition would be found in anything. */
export const callTo: readonly (readonly [noun: string, before: string])[] = [
  ['calls?', 'to|with'],
  ['[^ \\n]{0,20}anrufe?|telefonate?|[^ \\n]{0,20}verbindung', 'an|bei|beim|zu|zur|zum|mit'],
  ['appels?|communication', 'a|au|aux|vers|avec'],
  ['llamadas?|comunicacion', 'a|al|con|hacia'],
  ['chamadas?|ligacao|ligacoes', 'a|ao|aos|para|com'],
  ['oproep|oproepen|telefoontje', 'naar|met|aan'],
  ['chiamat[ae]', 'a|al|ai|alla|con|verso'],
];

/** That somebody talks to whom the next words name. */
export const talkingTo = [
  '(?:on the (?:line|phone)|talking|talks|talked|speaking|speaks|spoke|connected|in contact) (?:to|with)',
  '(?:spricht|telefoniert|gesprach|verbunden|kontakt)(?: [^ \\n]+)? mit',
  '(?:en ligne|au telephone|en contact|parle) avec',
  '(?:en linea|al telefono|habla|hablo|hablado|hablando|comunicado|en contacto) con',
  '(?:em linha|ao telefone|falou|falando|a falar|em contac?to) com',
  '(?:in gesprek|aan de lijn|aan de telefoon|contact|gesproken|verbonden) met',
  '(?:in linea|al telefono|parlato|parlando|collegat[oa]|in contatto) con',
].join('|');

/** What may stand between such a preposition and a number or a service; a room (`an Raum 112`) may not. */
export const articles = [
  'the|number|die|der|den|dem|nummer|notrufnummer|le|les|la|l|numero|services?|de|el|los|las|servicios?|o|a|os|as|servicos?|het|il|lo|i|gli|servizi',
].join('|');

/** That somebody told of an emergency without a word for a call. */
export const emergencyReported = [
  '(?:initiated|declared|reported|raised|triggered) an emergency(?= (?:\\n|$|(?:at|in|from|on|near) ))',
  'notfall (?:gemeldet|ausgelost|abgesetzt)',
  '(?:signale|declare|declenche|lance) une urgence',
  '(?:informado|reportado|comunicado|declarado|notificado|informo|reporto|declaro|notifico)(?: de)? una emergencia',
  '(?:informou|reportou|comunicou|declarou|notificou|relatou) uma emergencia',
  'noodgeval (?:gemeld|doorgegeven)|meldt een noodgeval',
  '(?:segnalato|dichiarato|comunicato) un emergenza',
].join('|');
