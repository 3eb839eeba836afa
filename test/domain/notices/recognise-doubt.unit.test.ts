import { describe, expect, it } from 'vitest';
import type { Phrase } from '#domain/notices/item.ts';
import { defaultPhrases } from '#domain/notices/phrases.ts';
import { judgeChatMessage } from '#domain/notices/recognise-chat.ts';
import { tellsOfCallToNumber } from '#domain/notices/recognise-number.ts';

const group = '19:1c5b01696d2e4a179c292bc9cf04e63b@thread.v2';
const two = '19:a_b@unq.gbl.spaces';
/** A message as Graph gives it: its locale is `en-us` whatever the text is in. */
const judge = (content: string, importance = 'high', chatId = group, phrases: readonly Phrase[] = defaultPhrases) =>
  judgeChatMessage(
    {
      ...{ importance, locale: 'en-us', from: { user: { id: 'u1', displayName: 'Ana Petrova' } } },
      body: { contentType: 'text', content },
    },
    chatId,
    phrases,
  );
const cases = (texts: string) =>
  texts
    .split('\n')
    .map((each) => each.trim())
    .filter(Boolean);

const ordinary = cases(`
  I'll be there at 9:11
  call me about the emergency exit plan
  Please do not call 112 for tests
  Hi all, please read the new policy before Friday
  The server room is locked today
  Server maintenance tonight 22:00
  URGENT: VPN IS DOWN
  Room 911 is closed until Monday
  The invoice is 1,112 EUR
  Can everyone join the call at 11:20?
  Ana called about 3 o'clock
  Our revenue is up 112 percent
  Ana, the 3pm review is with the client in Berlin
  Der Drucker im zweiten Stock klemmt wieder
  Die Kantine bleibt heute geschlossen
  Raum 112 ist belegt
  Notausgang bitte freihalten
  Der Kollege aus Łódź kommt morgen mit dem Zug
  Le serveur sera redémarré ce soir
  Réunion à 9h11 en salle 112
  La sortie de secours est bloquée
  La reunión se mueve al jueves
  El ascensor no funciona hoy
  A reunião foi adiada para amanhã
  O elevador não está funcionando
  De vergadering is verplaatst naar morgen
  Vergeet niet je uren in te vullen
  La riunione è spostata a domani
  Il server sarà spento stasera
  会議は3時からです。
  本日サーバーメンテナンスを行います
  今天服务器维护,请保存工作
  会議室のWi-Fiはpassword変更しました
  會議改到下午三點`);
/** Ordinary as well, in words that tell of an emergency call elsewhere. */
const nearly = cases(`
  E911 addresses have to be updated by Friday
  Please join the call in room 112
  The call with the client is in room 112 today
  We had a video call in room 911 yesterday
  Room 112 is booked for the weekly team call
  Our call was moved to room 112
  The team has a call with the client at 11:20
  We are on the line with the supplier
  Please call before you go to building 112
  Our sales team made a call plan for the 911 launch
  Please check the emergency lights
  Der Anruf beim Kunden ist um 11:20
  Die Verbindung zum Drucker in Raum 112 ist weg
  Bitte jeden Notfall sofort melden
  Herr Maier spricht mit dem Kunden in Raum 112
  L'appel d'offres est en salle 112
  L'appel avec le client est en salle 112
  Je suis en ligne avec le client, ne pas déranger
  Appelez le client avant la réunion en salle 112
  Estou ao telefone com o cliente, não me incomodem
  De oproep voor vrijwilligers is verplaatst naar zaal 112
  La chiamata con il cliente è nella sala 112
  Sono al telefono con il cliente
  今晚进行紧急服务器维护,请保存工作
  救急箱の点検は来週です
  緊急メンテナンスのため電話が使えません
  消防訓練は来週行います
  The police station is closed today
  Reminder: the fire department inspects building 4 tomorrow
  The police asked us to move the cars
  Move your call to room 911 please
  The alarm in room 112 was a test
  Please call facilities about the door in room 911
  Our call with the supplier about the Porsche 911 is at noon
  Thanks for the call about the 911 Turbo
  The fire alarm in building 112 is being tested today
  We are in contact with the client about room 112
  Call with the team in building 911 at noon
  Das Gespräch mit dem Kunden findet in Raum 112 statt
  Der Anruf von Herrn Maier kam aus Raum 112
  Die Feuerwehr prüft heute die Melder im zweiten Stock
  Telefonat mit dem Kunden um 9:11 Uhr
  Les pompiers testent les alarmes ce soir
  L'appel avec les équipes de la salle 112 est reporté
  La llamada de mañana es en la sala 112
  Los bomberos revisan las alarmas esta semana
  A ligação com o cliente será às 11:20
  Os bombeiros testam os alarmes hoje
  De brandweer test vandaag de melders
  La chiamata di domani è nella sala 112
  I vigili del fuoco controllano gli allarmi domani
  警察の電話番号を更新しました
  消防署の訓練は来週行います
  緊急連絡網を更新しました
  紧急服务器重启已完成,请重新登录
  急救箱已经更新,请大家注意`);
/** Ordinary too, but important and in a group chat they leave a doubt. */
const doubtful = cases(`
  Fire drill 9:11
  Obiad w południe?
  Mötet är flyttat till torsdag
  Toplantı yarına alındı
  Совещание перенесено на завтра
  회의는 3시에 시작합니다
  Reminder: 911 calls from the lab need a prefix
  I will give you a call to go over the 911 Porsche numbers
  Town hall call with 120 people today at noon
  The call was moved to 112
  Emergency numbers are on the door`);

describe('an important message in a group chat', () => {
  it.each(
    cases(`
    Jan Kowalski nawiązał połączenie alarmowe
    Anna Larsson har ringt ett nödsamtal
    Mehmet Yılmaz acil arama yaptı
    Jana Nováková uskutečnila tísňové volání
    Lars Jensen har foretaget et nødopkald
    Ola Nordmann har utløst en nødsamtale
    Pekka Virtanen on soittanut hätäpuhelun
    Иван Петров совершил экстренный вызов
    김민수 님이 긴급 통화를 걸었습니다
    Kovács János segélyhívást kezdeményezett
    Ion Popescu a efectuat un apel de urgență
    Nguyễn Văn An đã thực hiện cuộc gọi khẩn cấp
    佐藤さんが緊急コールをかけました`),
  )('with a word for an emergency call is raised, and says so: %s', (content) => {
    expect(judge(content)).toMatchObject({
      emergency: true,
      confidence: 'low',
      reasons: ['emergency-word', 'important-message', 'group-chat'],
      language: expect.stringMatching(/^[a-z]{2}$/),
    });
  });

  it.each(
    cases(`
    Max hat die 112 angerufen
    Max hat soeben die 110 gewählt
    Ana placed a 911 call from Building 4
    Ana Petrova is calling 911
    911 was dialed by Ana Petrova
    9-1-1 dialed by Ana Petrova
    Ana dialled 999
    Ana dialed 933
    Ana Petrova dialed emergency from the lobby
    Ana hizo una llamada al 911
    Ana ha llamado a emergencias
    Jean a appelé les urgences
    Jean a composé le 112
    Jean a appelé le 15
    Ana ligou para o 190
    Jan heeft 112 gebeld
    Jan heeft de hulpdiensten gebeld
    Luca ha chiamato il 112
    Luca ha chiamato i soccorsi
    佐藤さんが110番に電話しました
    佐藤が119番通報しました
    王伟拨打了911
    김민수 님이 112에 전화했습니다
    Иван Петров набрал 112
    Ola Nordmann har ringt 113
    Jan Kowalski zadzwonił pod 112`),
  )('that says that an emergency number was called is raised: %s', (content) => {
    expect(judge(content)).toMatchObject({ confidence: 'low', reasons: expect.arrayContaining(['emergency-word']) });
  });

  it.each(
    cases(`
    E911 alert: Ana Petrova dialed from Building 7
    Emergency: Ana Petrova has dialled Triple Zero
    Ana Petrova has initiated an emergency
    Call to 911 from Ana Petrova
    Ana Petrova has started a 911 voice call
    Ana Petrova's call to 911 has started
    User Ana Petrova has an active call with 911
    Ana Petrova is on the line with 911
    Ana Petrova hat einen Notfallruf getätigt
    Ana Petrova hat eine Notfallverbindung aufgebaut
    Anruf von Ana Petrova an 112
    Ana Petrova heeft een oproep gedaan naar 112
    Ana Petrova heeft een noodgeval gemeld
    Ana Petrovaさんが緊急サービスに電話しました
    佐藤さんが緊急の電話をしました
    佐藤さんが救急に電話をかけました
    Ana Petrova 拨打了紧急服务电话
    Ana Petrova 已进行紧急求助
    Ana Petrova 呼叫了紧急服务
    Ana Petrova has just placed a call: 911
    Ana Petrova has an ongoing call with the emergency services
    Ana Petrova is in a call with 911 right now
    Ana Petrova is talking to 911 on the phone
    911 has been reached by Ana Petrova from the lobby
    E-911 notification for Ana Petrova in the lobby
    E911 call from the lobby by Ana Petrova
    Ana Petrova has dialled Nine One One from the lobby
    Eine Verbindung zur 112 wurde von Ana Petrova aufgebaut
    Ana Petrova hat mit der 112 telefoniert
    Ana Petrova spricht gerade mit der 112
    Ana Petrova ist mit der 112 verbunden
    Ana Petrova hat einen Sprachanruf an die 112 gestartet
    Ein 112-Sprachanruf von Ana Petrova ist aktiv
    Der Anruf von Ana Petrova an die Nummer 112 wurde gestartet
    Ana Petrova hat die Feuerwehr alarmiert, bitte sofort kommen
    Ana Petrova hat einen Notfall gemeldet
    Un appel de Ana Petrova au 112 est en cours
    Appel vocal d'Ana Petrova vers le 112
    Un appel vers le 15 a été passé par Ana Petrova
    Ana Petrova est en ligne avec le 112
    Ana Petrova est en communication avec le 15
    Ana Petrova a signalé une urgence dans le hall
    Llamada de voz de Ana Petrova al 911
    Se ha iniciado una llamada de Ana Petrova con el 112
    Ana Petrova está hablando con el 112
    Ana Petrova marcó al 911 desde la recepción
    Ana Petrova ha reportado una emergencia
    Ana Petrova ha llamado a urgencias
    Chamada de voz de Ana Petrova para o 112
    Uma ligação de Ana Petrova para o 190 foi iniciada
    Ana Petrova está em chamada com o 112
    Ana Petrova está a falar com o 112
    Ana Petrova comunicou uma emergência na receção
    Een oproep van Ana Petrova naar het nummer 112 is gestart
    Ana Petrova is in gesprek met 112
    Ana Petrova heeft contact met de 112
    Chiamata vocale di Ana Petrova verso il 112
    È in corso una chiamata di Ana Petrova con il 112
    Ana Petrova sta parlando con il 112
    Ana Petrova è al telefono con il 118
    Ana Petrova ha segnalato un'emergenza
    佐藤さんが警察に通報しました
    佐藤さんが救急要請をしました
    王伟联系了紧急服务
    王偉撥打了緊急服務
    王伟发出紧急求助`),
  )('that tells of such a call in other words, or as a noun, is raised: %s', (content) => {
    expect(judge(content)).toMatchObject({ confidence: 'low', reasons: expect.arrayContaining(['emergency-word']) });
  });

  it.each(
    cases(`
    Jan Kowalski zadzwonił po pomoc
    Anna Larsson har utlöst ett larm
    Will Smith zadzwonił na numer pomocy
    Maria de la Cruz ha trucat demanant ajuda
    佐藤 太郎 nawiązał połączenie z pomocą
    佐藤 太郎 helistas abi
    長谷川 健太郎 helistas abi
    Ana Petrova позвонила спасателям
    Оксана повідомила про виклик
    Le Van An đã gọi cứu hộ
    Petra je poklicala pomoč
    JAN KOWALSKI WEZWAŁ POMOC`),
  )('in a language of which no phrase is known is raised: %s', (content) => {
    expect(judge(content)).toMatchObject({ confidence: 'low', reasons: expect.arrayContaining(['language-unknown']) });
  });

  it('is judged by the line that announces, not by the place that is described below it', () => {
    const place = 'Reception at the end of the hall\nThe doors are open until 18:00';
    expect(judge(`Jan Kowalski wezwał pomoc\n${place}`)).toMatchObject({ confidence: 'low' });
    expect(judge(`Jan Kowalski zawiadomił\n${place}`)).toMatchObject({ confidence: 'low' });
    expect(judge(`佐藤 太郎\nhelistas abi\n${place}`)).toMatchObject({ confidence: 'low' });
    expect(judge(`Reminder\n${place}`)).toEqual({ emergency: false });
  });

  it.each([...ordinary, ...nearly])('in a known language that tells of no call is ordinary: %s', (content) => {
    expect(judge(content)).toEqual({ emergency: false });
  });

  it.each(doubtful)('that leaves a doubt is raised with low confidence alone: %s', (content) => {
    expect(judge(content)).toMatchObject({ emergency: true, confidence: 'low' });
  });

  it('in a language that an operator added is ordinary when its words prove the language', () => {
    const phrases = [...defaultPhrases, { language: 'pl-PL', text: 'wykonał połączenie alarmowe' }];
    const said = 'Proszę zamknąć okna przed wyjściem';
    expect(judge(said)).toMatchObject({ confidence: 'low' });
    expect(judge(said, 'high', group, phrases)).toEqual({ emergency: false });
    // Their script is known with Russian, their language is not.
    const russian = [...defaultPhrases, { language: 'ru', text: 'совершил экстренный вызов' }];
    expect(judge('Совещание отменили, потому что сегодня нет света', 'high', group, russian)).toEqual({
      emergency: false,
    });
    expect(judge('Нараду перенесли, бо зараз свято', 'high', group, russian)).toMatchObject({ confidence: 'low' });
  });
});

describe('a message that is not important', () => {
  it.each([
    ...ordinary,
    ...nearly,
    ...doubtful,
    ...cases(`
    Did anybody call 911?
    She has called 911 already
    Jan heeft 112 gebeld
    Ich habe die 112 angerufen
    Jan Kowalski nawiązał połączenie alarmowe`),
  ])('is raised by a known phrase alone: %s', (content) => {
    for (const chat of [group, two]) expect(judge(content, 'normal', chat)).toEqual({ emergency: false });
  });

  it.each(['Max hat den Notruf gewählt', 'Max hat den Notruf abgesetzt', '佐藤が緊急発信しました'])(
    'is raised by the phrase of %s',
    (content) => {
      expect(judge(content, 'normal')).toMatchObject({
        confidence: 'medium',
        reasons: ['known-phrase', 'not-important', 'group-chat'],
      });
    },
  );
});

describe('a number that was called', () => {
  it.each(
    cases(`
    Porsche 911 test drive on Friday
    Flight UA 911 is delayed
    Ana called +1 425 911 0100
    Ana called an emergency meeting
    Max called at 9:11
    Call 911 in case of fire
    Bitte im Notfall die 112 anrufen
    Marco is in room 112`),
  )('is not in: %s', (content) => {
    expect(tellsOfCallToNumber(content)).toBe(false);
  });

  it('is found in a time in proportion to hostile input', () => {
    const words = [
      'call to the ',
      'call a ',
      'made 911 ',
      '112 voice ',
      'placed a ',
      'mit der 112 ',
      'anruf',
      'spricht ',
    ];
    for (const piece of [
      '1',
      '9 ',
      'called ',
      'called 1',
      "a'",
      '打',
      '1.',
      'ł',
      ' called\n',
      'a appele le ',
      ...words,
    ])
      expect(judge(piece.repeat(20_000)).emergency).toBeTypeOf('boolean');
  }, 20_000);
});
