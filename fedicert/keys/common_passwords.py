"""The words and phrases that guessers try first, lower case, without the digits and signs that people add.

Put together by hand for this program. `passwords.check_rules` also finds them with digits and signs around them, with
look-alike signs for letters, and repeated.
"""

_WORDS = """
aaabbb aabbcc abc abcabc abcd abcdabcd abcdef abcdefgh abcdefghi abcdefghijkl abcdefghijklmnop
abcdefghijklmnopqrstuvwxyz abracadabra access accessdenied activitypub admin adminadmin administrator ajax alexander
alexandr alexandra alhamdulillah allahuakbar alohomora amanda amazon america andrew android angel angels anthony
apple april aragorn argentina arsenal arsenalfc asdf asdfasdf asdfgh asdfghjkl asdfjkl ashley asshole august
australia autumn azerty azertyuiop baby babybaby babyblue babyboy babygirl banana bananas barbara barcelona baseball
basketball batman batterystaple bayern bayernmunchen bear beatles benfica benjamin berlin beyonce billionaire
birthday bismillah bitch black blackpanther blackpink blessed blink blue bluesky bmw boston brasil britney broncos
bts buddha budweiser bulls bullshit burger butterflies butterfly california callofduty camaro canada captainamerica
cash celtic champion changeit changeme charizard charlie cheese cheesecake chelsea chelseafc cherry chevrolet chevy
chewbacca chicago chicagobulls china chocolate choosepassword christian christmas christopher coffee coffeecoffee
computer computers contrasena cookie cookies correct correcthorse correcthorsebatterystaple corvette counterstrike
courage cowboys cricket crystal cupcake daisy daniel darling darthvader database deadpool debian december default
demo demon deutschland devil diablo diamond doggie doggy dollar dolphin dolphins dortmund dragon dragonball
dragonballz dragonfly dragons dumbledore eagle eagles easter einszweidrei elephant elizabeth elvis elvispresley
eminem england enterpassword espana everton example expelliarmus facebook faith falcon fcbarcelona february fedicert
fediverse fenerbahce ferrari florida flower flowers football footballer footballs ford forgetit forgetme fortnite
france freddiemercury freedom friday frodo fuckit fuckme fuckoff fuckthis fuckyou galatasaray gameofthrones gandalf
ganesha gangster george germany ghost glory gmail godblessyou godisgood godislove godzilla golden golf golfer
goodbye goodmorning google googleplex green greenday gryffindor guest guinness hakunamatata hallelujah halloween
halo hansolo happiness happy happybirthday happyhappy happynewyear harley harleydavidson harrypotter haslo hawk
heineken hello hellohello hellokitty helloworld hermione heslo hockey hocuspocus hogwarts holiday holidays honda
honey honeybee honeybunny honor horsebattery hotmail hunter iambatman iamgroot iamironman iamking iamthebest
iamtheone idontcare idontknow idontremember iforgot iforgotit ihateyou ilovegod ilovejesus ilovemycat ilovemydad
ilovemydog ilovemyfamily ilovemymom ilovemyself ilovemywife iloveyou iloveyoubaby iloveyouforever iloveyoumore
iloveyouso imissyou india insertpasswordhere inshallah instagram internet internetexplorer iphone ireland ironmaiden
ironman istanbul italia jaguar jamesbond january japan jasmine jennifer jessica jesus jesuschrist jesusislord
jesuslovesme jonathan joseph joshua july june justice justinbieber juventus kawasaki killer kingkong kitten kitty
knight korea krishna ladygaga lakers lamborghini laptop leagueoflegends ledzeppelin legolas letmein letmeinnow
letmeinplease liberty lily linkinpark linux lion liverpool liverpoolfc lkjhgfdsa login loginlogin logmein london
lordoftherings loremipsum losangeles losenord love lovelove lovelovelove loveme lucifer lucky luckyluke luckyme
lukeskywalker macintosh madonna madrid mafia manager manchester manchesterunited manunited march mariobros master
masterkey mastermaster masterpassword mastodon matrix matthew maximilian may maytheforce maytheforcebewithyou
melissa mercedes merrychristmas metallica mexico michael michaeljackson michaeljordan microsoft million millionaire
minecraft mnbvcxz moderator monday money moneymoney monkey monkeymonkey monkeys monster monsters moonlight morpheus
motdepasse mustang mustangs myangel mylove mypassword mypasswordispassword mysecret mysunshine natalia natalie
natasha neo network networking newcastle newpassword newyork newyorkcity nicholas nicole ninja ninjas nintendo
nirvana nissan nobody noneofyourbusiness nopassword nopasswordneeded nothing november obiwan october oldpassword
omnamahshivaya onceuponatime one onedirection onetwothree onetwothreefour opensesame openthedoor operator orange
orchid owner packers pakistan panther paris parola pass passcode passpass passphrase passwd password passwordhere
passwordispassword passwordpassword passwords passwort patricia patriots peace peaches pepper pepperoni phantom
phoenix pikachu pincode pineapple pinkfloyd pirate pirates pizza pizzapizza playstation pleaseletmein poiuytrewq
pokemon poland polarbear porsche portugal power praisegod princesa princess prinzessin puppy purple qazwsx qazwsxedc
qazwsxedcrfv queen quickbrownfox qwe qweasd qweasdzxc qwerty qwertyqwerty qwertyui qwertyuiop qwertyuiopasdfghjkl
qwertyuiopasdfghjklzxcvbnm qwertz qwertzuiop rabbit raiders rainbow rainbows rambo rangers realmadrid redsox
remember rememberme rich richard rihanna robert roblox rocknroll rockyou rollingstones roma root rootroot rose roses
router rugby running russia salasana samantha sample samsung samurai sanfrancisco satan saturday scotland sebastian
secret secretsecret senha september server serverroom shadow shadows shithead sifre signin silver skateboard
skywalker slipknot slytherin smile smiley sniper snowboard soccer softball soldier spiderman spring springtime
starcraft starlight startrek startrekker starwars steelers stephanie strawberry strength success summer summertime
sunday sunflower sunrise sunset sunshine sunshineday sunshines supercalifragilisticexpialidocious superman
supermario superuser surfing suzuki sweetheart sweetie sweetpea swimming sysadmin taylorswift teddybear tennis
tequila terminator test tester testing testtest testuser texas thankyoujesus thebeatles thematrix thepassword
thequickbrownfox thisisapassword thisisasecret thisismypassword thisispassword thisissecret thomas thursday tiger
tigers tigger tobeornottobe topsecret tottenham toyota trinity truelove trustme trustno trustnoone tuesday tupac
turkey turtle twitter typepassword ubuntu ukraine undeuxtrois unicorn unodostres usa user username vacation
valentine vampire veronica verysecret victoria victory vodka voldemort volleyball wachtwoord warcraft warrior
warriors webmaster wednesday welcome welcomeback welcomehome welcometo werewolf whatever whiskey white whocares
william windows windowsxp winner winter winteriscoming wintertime wireless wizard wolf wolfpack wolverine
wonderwoman worldofwarcraft xbox yahoo yamaha yankees yellow yoda youarethebest yourpassword yourpasswordhere
youtube zaqwsx zaqxsw zombie zombies zxcvbn zxcvbnm
"""

COMMON = frozenset(_WORDS.split())
