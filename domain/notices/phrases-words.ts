/**
 * Words for an emergency call or an emergency number, by language, not what Teams would say around them: an important message in a group chat that holds one
 * is raised with low confidence. They catch what {@link defaultPhrases} miss, and in languages without a phrase they say why a message was raised, above all
 * where the rest of it (a place's description) is in a language that is known.
 */
export const emergencyWords: Readonly<Record<string, readonly string[]>> = {
  en: [
    'emergency call',
    'emergency phone call',
    'emergency voice call',
    'emergency services',
    'emergency number',
    'distress call',
  ],
  de: ['Notruf', 'Notfallruf', 'Notfallanruf', 'Notfallnummer', 'Notfallverbindung', 'Notfallgespräch', 'Hilferuf'],
  fr: [
    'appel d’urgence',
    'appels d’urgence',
    'appel de secours',
    'appel de détresse',
    'numéro d’urgence',
    'service d’urgence',
    'services d’urgence',
  ],
  es: [
    'llamada de emergencia',
    'llamadas de emergencia',
    'llamada de urgencia',
    'llamada de auxilio',
    'llamado de emergencia',
    'número de emergencia',
    'servicio de emergencia',
    'servicios de emergencia',
  ],
  pt: [
    'chamada de emergência',
    'chamadas de emergência',
    'chamada de urgência',
    'chamada de socorro',
    'ligação de emergência',
    'número de emergência',
    'serviço de emergência',
    'serviços de emergência',
  ],
  nl: ['noodoproep', 'alarmoproep', 'hulpoproep', 'noodgesprek', 'alarmnummer', 'noodnummer', 'noodtelefoon'],
  it: [
    'chiamata di emergenza',
    'chiamata d’emergenza',
    'chiamate di emergenza',
    'chiamate d’emergenza',
    'chiamata di soccorso',
    'numero di emergenza',
    'servizio di emergenza',
    'servizi di emergenza',
    'servizi d’emergenza',
  ],
  ja: ['緊急通報', '緊急通話', '緊急発信', '緊急コール', '緊急ダイヤル', '緊急呼び出し', '緊急サービス', '救急要請'],
  zh: [
    '紧急呼叫',
    '紧急电话',
    '紧急通话',
    '紧急来电',
    '紧急拨号',
    '紧急号码',
    '紧急求助',
    '紧急求救',
    '急救电话',
    '报警电话',
    '緊急電話', // Japanese as well
    '緊急呼叫',
    '緊急來電',
    '緊急撥號',
    '緊急號碼',
    '緊急求助',
    '緊急求救',
    '報警電話',
  ],
  sv: ['nödsamtal', 'nödanrop', 'nödnummer', 'larmsamtal', 'larmnummer'],
  da: ['nødopkald', 'alarmopkald', 'nødnummer', 'alarmcentral'],
  nb: ['nødsamtale', 'nødanrop', 'nødtelefon', 'naudsamtale'],
  fi: ['hätäpuhelu', 'hätänumero', 'hätäkeskus', 'hätäsoitto'],
  is: ['neyðarsímtal', 'neyðarlínu'],
  et: ['hädaabikõne', 'hädakõne'],
  lv: ['ārkārtas zvan', 'avārijas zvan'],
  lt: ['pagalbos skambut', 'skubus skambut', 'avarinį skambut'],
  pl: [
    'połączenie alarmowe',
    'połączenia alarmowego',
    'połączenie ratunkowe',
    'numer alarmowy',
    'numer ratunkowy',
    'telefon alarmowy',
  ],
  cs: [
    'tísňové volání',
    'tísňový hovor',
    'tísňovou linku',
    'tísňová linka',
    'tísňové číslo',
    'nouzové volání',
    'nouzový hovor',
  ],
  sk: ['tiesňové volanie', 'tiesňový hovor', 'tiesňovú linku', 'núdzové volanie', 'núdzový hovor'],
  hu: ['segélyhívás', 'vészhívás', 'segélyhívó'],
  ro: ['apel de urgență', 'apelul de urgență', 'numărul de urgență'],
  ca: ['trucada d’emergència', 'número d’emergències'],
  hr: ['hitni poziv', 'poziv u nuždi', 'hitnu službu'],
  sl: ['klic v sili'],
  el: ['κλήση έκτακτης ανάγκης', 'επείγουσα κλήση', 'κλήση ανάγκης'],
  tr: ['acil çağrı', 'acil arama', 'acil durum ara', 'acil durum çağrı', 'acil durum numara', 'imdat çağrısı'],
  ru: [
    'экстренный вызов',
    'экстренный звонок',
    'экстренного вызова',
    'экстренную службу',
    'экстренные службы',
    'экстренных служб',
    'аварийный вызов',
  ],
  uk: ['екстрений виклик', 'екстрений дзвінок', 'екстрену службу', 'екстрені служби'],
  bg: ['спешно повикване', 'спешен разговор', 'спешно обаждане'],
  ko: ['긴급 전화', '긴급 통화', '긴급 호출', '긴급 신고', '비상 전화', '비상 통화', '응급 전화', '응급 통화'],
  ar: ['مكالمة طوارئ', 'مكالمة الطوارئ', 'اتصال طوارئ', 'اتصال الطوارئ', 'رقم الطوارئ'],
  he: ['שיחת חירום', 'שיחת מצוקה'],
  hi: ['आपातकालीन कॉल', 'आपात कॉल', 'इमरजेंसी कॉल'],
  id: ['panggilan darurat', 'nomor darurat', 'panggilan kecemasan'],
  th: ['โทรฉุกเฉิน', 'สายฉุกเฉิน', 'หมายเลขฉุกเฉิน'],
  vi: ['cuộc gọi khẩn cấp', 'số khẩn cấp'],
};

/**
 * Words that texts are made of whatever they are about, by language. A word that stands in several lists says nothing when one of those languages is not in the
 * table of phrases; so the lists of languages without a phrase are there to take words away from their neighbours (Danish `for` from English `for`).
 * Particles of names (`van`, `de la`) count as others do: only where they are written small and only if no other language has them.
 */
export const languageWords: Readonly<Record<string, string>> = {
  en: `the and you are was were is be been being this that these those with for from have has had having not but they them their we our us your yours it its
    i me my he his she her will would shall should can could may might must do does did done don't doesn't didn't isn't aren't won't can't it's i'm we're
    you're they're there here what when where who whom which why how if because so then than as at by in into of off on onto or out over to under up until
    about after again all also an any before between both every everyone each first last next new more most much many no now only other please same some
    soon still such thanks thank today tomorrow tonight tonight's yesterday very week month monday tuesday wednesday thursday friday team everybody meeting
    closed open need needs needed let let's make sure keep use using remember reminder update updated important urgent attention hi hello dear morning
    afternoon evening office door doors desk floor building room server down back case available noon arriving unavailable ready required starts started ends ended scheduled
    tested test moved canceled cancelled working`,
  de: `und oder aber der die das dem den des ein eine einer einem einen eines ist sind war waren wird werden wurde wurden nicht kein keine mit ohne für von vom
    zu zum zur im in am an auf aus bei beim bis nach über unter vor durch gegen seit wegen wir ihr sie er es ich mich uns euch mir dir ihnen unser unsere euer
    bitte danke heute morgen gestern jetzt gleich noch schon auch nur sehr mehr alle alles allen dass weil wenn als wie was wer wo wann warum hat haben habe
    hatte kann können muss müssen soll sollen darf dürfen wieder immer gibt geht um uhr sich hallo liebe geschlossen geöffnet nächste nächsten wichtig
    dringend bleibt steht findet statt ab`,
  fr: `le la les un une des du de et ou où est sont était étaient sera seront été être a ont avait avoir ne pas plus pour par sur sous dans avec sans chez vers
    ce cet cette ces mon ton son notre votre nos vos leur leurs nous vous ils elles elle il je tu on qui que quoi dont quand comment pourquoi si mais donc car
    au aux en à y se s'est c'est n'est j'ai d'un d'une qu'il l'on aujourd'hui demain hier soir matin merci bonjour tous toutes tout toute très aussi encore
    déjà avant après jusqu'à entre depuis merci veuillez svp rappel fermé fermée ouvert ouverte semaine prochaine réunion peut doit faut`,
  es: `el la los las un una unos unas y o u de del al en con sin por para sobre entre desde hasta hacia es son era eran será serán está están estaba fue fueron
    ha han había hay no sí se lo le les me te nos mi tu su sus nuestro nuestra que qué quien cuando cuándo donde dónde como cómo porque pero si ya más muy
    también todos todas todo toda este esta estos estas ese esa eso hoy mañana ayer ahora favor gracias hola buenos buenas semana próxima reunión cerrado
    cerrada abierto puede debe tiene tienen necesita recuerden recordatorio`,
  pt: `o a os as um uma uns umas e ou de do da dos das em no na nos nas ao aos à às pelo pela com sem por para sobre entre desde até é são era eram será serão
    está estão estava foi foram há não sim se lhe me te nos meu minha seu sua seus suas nosso nossa que quem quando onde como porque mas já mais muito também
    todos todas tudo este esta isto esse essa isso hoje amanhã ontem agora favor obrigado obrigada olá bom dia boa tarde semana próxima reunião fechado
    fechada aberto você vocês pode deve tem têm precisa lembrete`,
  nl: `de het een en of maar van voor met zonder in op aan uit bij naar over onder tot door tegen sinds is zijn was waren wordt worden werd niet geen wel we wij
    jullie jij je ik hij zij ze hun ons onze mijn jouw uw u dit dat deze die er hier daar wat wie waar wanneer waarom hoe als omdat want dan nog al ook alleen
    zeer meer alle alles iedereen vandaag morgen gisteren nu graag bedankt dank hallo goedemorgen heeft hebben had kan kunnen moet moeten zal zullen mag
    mogen gaat komt week volgende gesloten open belangrijk vergadering`,
  it: `il lo la i gli le un uno una e o ed di del dello della dei degli delle da dal dalla dai in nel nella nei con su sul sulla per tra fra a al allo alla ai alle
    è sono era erano sarà saranno stato stata ha hanno aveva non più si ci vi mi ti suo sua nostro nostra vostro che chi quando dove come perché ma se già
    molto anche tutti tutte tutto questo questa questi queste quello oggi domani ieri ora favore grazie ciao buongiorno settimana prossima riunione chiuso
    chiusa aperto può deve devono bisogna prego`,
  sv: `och eller men att det den de en ett är var vara blev har hade inte ingen med utan för från till på i av om vid efter före under över mellan vi ni du jag han
    hon oss er sin sitt som vad när var varför hur kan ska skall måste idag imorgon nu alla allt också bara mycket mer här där tack hej snälla ringt ringde`,
  da: `og eller men at det den de en et er var være blev har havde ikke ingen med uden for fra til på i af om ved efter før under over mellem vi i du jeg han hun
    os jer sin sit som hvad når hvor hvorfor hvordan kan skal må idag morgen nu alle alt også kun meget mere her der tak hej venligst have at ringet ringede`,
  nb: `og eller men at det den de en et ei er var være ble har hadde ikke ingen med uten for fra til på i av om ved etter før under over mellom vi dere du jeg han
    hun oss sin sitt som hva når hvor hvorfor hvordan kan skal må dag morgen nå alle alt også bare veldig mer her der takk hei vennligst at ringt ringte`,
  fi: `ja tai mutta että se ne on ovat oli olivat ei eivät ole kanssa ilman me te he minä sinä hän tämä tuo mikä kun missä miksi miten voi pitää tänään huomenna
    nyt kaikki myös vain hyvin kiitos hei soitti soittanut en et jos niin an`,
  is: `og eða en að það er var ekki með án fyrir frá til á í um við eftir undir yfir vi þið þú ég hann hún sem hvað þegar hvar hefur í dag takk halló hringdi`,
  et: `ja või aga et see on oli ei koos ilma me te nad mina sina ta mis kui kus miks täna homme nüüd kõik ka ainult väga tere all helistas`,
  lv: `un vai bet ka tas ir bija nav ar bez mēs jūs es viņš kas kad kur šodien rīt tagad visi arī ļoti paldies no uz par pie zvanīja`,
  lt: `ir ar bet kad tai yra buvo ne su be mes jūs aš jis kas kur kodėl šiandien rytoj dabar visi taip labai ačiū į iš nuo per skambino`,
  pl: `i a oraz albo ale że to ten ta te jest są był była było były będzie nie z ze do od dla na w we po przed przez pod nad o u my wy ja ty on ona oni nas wam mi ci
    się co kto kiedy gdzie dlaczego jak jeśli czy już też tylko bardzo wszyscy dziś jutro teraz proszę dziękuję cześć dzień as am numer zadzwonił`,
  cs: `a i nebo ale že to ten ta je jsou byl byla bylo byli bude ne není s se z ze do od pro na v ve po před přes pod nad o u my vy já ty on ona oni nás vám mi co
    kdo kdy kde proč jak jestli už také jen velmi všichni dnes zítra teď prosím děkuji ahoj dobrý den by volal`,
  sk: `a i alebo ale že to ten tá je sú bol bola bolo boli bude nie s so z zo do od pre na v vo po pred cez pod nad o u my vy ja ty on ona oni nás vám mi čo kto
    kedy kde prečo ako ak už aj len veľmi všetci dnes zajtra teraz prosím ďakujem ahoj volal`,
  hu: `a az és vagy de hogy ez van volt lesz nem nincs egy mi ti én te ő ők is már csak nagyon minden ma holnap most kérem köszönöm szia mert ha hat le el fel
    be ki meg az azt ezt hol mikor hívta hívott`,
  ro: `un o și sau dar că este sunt era au a fost nu cu fără pentru din de la pe în sub peste noi voi eu tu el ea ei ne vă mi ce cine când unde cum dacă mai
    foarte toți azi mâine acum vă rog mulțumesc bună se le al ale prin sunat apelat`,
  ca: `el la els les un una uns i o però de del dels al als en amb sense per per a sobre és són era serà ha han no es se ho li em et ens seu seva que qui quan on com
    perquè si ja més molt també tots avui demà ara gràcies hola aquest aquesta trucat truca`,
  gl: `o a os as un unha e ou de do da dos das en no na nos nas ao aos con sen por para sobre é son era será está foi non se que quen cando onde como mais moi
    tamén todos hoxe mañá agora grazas ola este esta chamou`,
  af: `die 'n en of maar van vir met in op aan uit by na oor onder is was nie geen ons julle jy ek hy sy hulle my jou dit wat wie waar hoekom hoe as nog al ook net
    baie meer alle vandag môre nou dankie hallo het kan moet sal mag gaan kom week gebel so out will`,
  hr: `i a ili ali da to taj ta je su bio bila bilo bili će ne nije s sa iz do od za na u po pred kroz pod nad o mi vi ja ti on ona oni nas vam se što tko kad gdje
    zašto kako ako već samo vrlo svi danas sutra sada molim hvala bok me be biti nazvao pozvao zvao`,
  sl: `in ali a da to ta je so bil bila bilo bili bo ne ni s z iz do od za na v po pred skozi pod nad o mi vi jaz ti on ona oni nas vam se kaj kdo kdaj kje zakaj
    kako če že samo zelo vsi danes jutri zdaj prosim hvala me je poklical`,
  tr: `ve veya ama bu şu o bir değil var yok ile için gibi kadar sonra önce biz siz ben sen onlar ne kim zaman nerede neden nasıl eğer de da ki mi çok daha her
    bugün yarın şimdi lütfen teşekkürler merhaba olan olarak on en yaptı aradı in an`,
  id: `dan atau tetapi yang ini itu adalah tidak dengan tanpa untuk dari ke di pada oleh kami kita anda saya dia mereka apa siapa kapan bagaimana jika sudah juga
    hanya sangat semua hari besok sekarang terima kasih halo telah sedang akan orang nama menelepon menghubungi`,
  vi: `và hoặc nhưng là của có không với cho từ đến trong trên dưới chúng tôi bạn anh em này đó gì ai khi nào đâu sao nếu đã cũng chỉ rất tất cả hôm nay mai bây
    giờ xin cảm ơn chào an do to me gọi một`,
  ru: `и или но что это этот эта не нет с со без для от до на в во по о об из у за к мы вы я ты он она они нас вам мне кто когда где почему как если уже также
    только очень все всё сегодня завтра сейчас пожалуйста спасибо привет будет был была были есть`,
  uk: `і й та або але що це цей ця не ні з із без для від до на в у по про за ми ви я ти він вона вони нас вам хто коли де чому як якщо вже також тільки дуже всі
    сьогодні завтра зараз дякую привіт буде був була є`,
  bg: `и или но че това този тази не с със без за от до на в във по из ние вие аз ти той тя те ни ви кой кога къде защо как ако вече също само много всички днес
    утре сега моля благодаря здравейте ще беше е са се`,
};

/** Letters beyond a to z that a language in Latin letters writes its own words with; a small word with another letter is not one of it. */
export const languageLetters: Readonly<Record<string, string>> = {
  de: 'äöüß',
  fr: 'àâçéèêëîïôùûüœ',
  es: 'áéíñóúü',
  pt: 'àáâãçéêíóôõúü',
  nl: 'áäéèëíïóöúü',
  it: 'àèéìíîòóùú',
  en: 'é',
  sv: 'åäöé',
  da: 'åæøé',
  nb: 'åæøéòô',
  fi: 'äöå',
  is: 'áéíóúýþæöð',
  et: 'äõöüšž',
  lv: 'āčēģīķļņšūž',
  lt: 'ąčęėįšųūž',
  pl: 'ąćęłńóśźż',
  cs: 'áčďéěíňóřšťúůýž',
  sk: 'áäčďéíĺľňóôŕšťúýž',
  hu: 'áéíóöőúüű',
  ro: 'ăâîșțşţ',
  ca: 'àçèéíïòóúü',
  gl: 'áéíñóúü',
  af: 'áéèêëíîïóôöúûü',
  hr: 'čćđšž',
  sl: 'čšž',
  tr: 'çğıöşüâîû',
};
